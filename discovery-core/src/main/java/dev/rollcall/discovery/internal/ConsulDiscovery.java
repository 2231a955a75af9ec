package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.AnswerSource;
import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ConsulException;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.DiscoveryHealth;
import dev.rollcall.discovery.DiscoveryHealth.RegistrationHealth;
import dev.rollcall.discovery.DiscoveryHealth.WatchHealth;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.SnapshotListener;
import dev.rollcall.discovery.Watch;
import dev.rollcall.discovery.Watched;
import dev.rollcall.discovery.internal.api.CatalogApi;
import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.ConsulApi;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.api.SafeListener;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.concurrent.DaemonThreads;
import dev.rollcall.discovery.internal.concurrent.SerialExecutor;
import dev.rollcall.discovery.internal.concurrent.Threads;
import dev.rollcall.discovery.internal.ecwid.EcwidConsul;
import dev.rollcall.discovery.internal.failover.FailoverConsul;
import dev.rollcall.discovery.internal.registration.RegistrationLoop;
import dev.rollcall.discovery.internal.watch.ListenerExecutor;
import dev.rollcall.discovery.internal.watch.SharedWatches;
import dev.rollcall.discovery.internal.watch.WatchTarget;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/** The registrations and watches of one connection. Thread-safe. */
public final class ConsulDiscovery implements Discovery {

  private static final RandomGenerator RANDOM = () -> ThreadLocalRandom.current().nextLong();

  private final ConsulOptions options;
  private final ConsulApi consul;
  private final Clock clock;
  private final Threads threads;
  private final RuntimeContext context;
  private final Map<String, RegistrationLoop> registrations = new HashMap<>();
  private final SharedWatches<Snapshot> instances;
  private final SharedWatches<CatalogServices> services;
  private boolean closed;

  /** A connection over what can do the calls; it is closed with the connection. */
  public ConsulDiscovery(ConsulOptions options, ConsulApi consul) {
    this(options, consul, Clock.system(), new DaemonThreads(), RANDOM);
  }

  /**
   * A connection that lives by another clock and on other threads; it closes these too.
   *
   * @param random thread-safe
   */
  public ConsulDiscovery(
      ConsulOptions options,
      ConsulApi consul,
      Clock clock,
      Threads threads,
      RandomGenerator random) {
    this.options = options;
    this.consul = consul;
    this.clock = clock;
    this.threads = threads;
    context =
        new RuntimeContext(
            threads.control(),
            threads::schedule,
            clock,
            random,
            new SafeListener(options.listener(), threads.listeners()));
    CatalogApi catalog = consul.catalog();
    Duration staleAfter = BlockingQuery.timeout(options.waitTime()).plus(options.connectTimeout());
    Executor listeners =
        options
            .listenerExecutor()
            .<Executor>map(executor -> new ListenerExecutor(executor, threads.listeners()))
            .orElse(threads.listeners());
    instances = new SharedWatches<>(catalog, threads, listeners, context, staleAfter);
    services = new SharedWatches<>(catalog, threads, listeners, context, staleAfter);
  }

  private static Discovery connect(ConsulOptions options) {
    Clock clock = Clock.system();
    DaemonThreads threads = new DaemonThreads();
    Map<String, ConsulApi> agents = EcwidConsul.each(options, DaemonThreads.CONTROL_THREADS);
    ConsulApi consul = agents.values().iterator().next();
    if (agents.size() > 1) {
      SafeListener events = new SafeListener(options.listener(), threads.listeners());
      consul =
          new FailoverConsul(
              agents, new RuntimeContext(threads.side(), threads::schedule, clock, RANDOM, events));
    }
    return new ConsulDiscovery(options, consul, clock, threads, RANDOM);
  }

  @Override
  public Registration register(ServiceDefinition definition) {
    RegistrationLoop loop;
    synchronized (this) {
      requireOpen();
      RegistrationLoop before = registrations.get(definition.id());
      if (before != null && before.state() != RegistrationState.LEFT) {
        throw new IllegalStateException("id " + definition.id() + " is registered already");
      }
      // One whose removal may still be under way stays known: whoever has its id next comes after.
      SerialExecutor serial = before == null ? context.serial() : before.serial();
      registrations.values().removeIf(RegistrationLoop::isOver);
      loop =
          new RegistrationLoop(definition, consul.agent(), context, options.leaveTimeout(), serial);
      registrations.put(definition.id(), loop);
    }
    loop.start();
    return loop;
  }

  @Override
  public synchronized Watch watch(ServiceQuery query, SnapshotListener listener) {
    requireOpen();
    return new InstanceWatch(
        query, instances.watch(new WatchTarget.Instances(query), listener::onSnapshot));
  }

  @Override
  public List<ServiceInstance> instances(ServiceQuery query) {
    synchronized (this) {
      requireOpen();
    }
    Result<QueryResult<Snapshot>> answer = consul.catalog().read(query);
    if (answer instanceof Result.Ok<QueryResult<Snapshot>> ok) {
      return ok.value().found().instances();
    }
    throw new ConsulException(((Result.Failed<QueryResult<Snapshot>>) answer).failure());
  }

  @Override
  public synchronized Watched<CatalogServices> watchServices(
      CatalogQuery query, Consumer<? super CatalogServices> listener) {
    requireOpen();
    return services.watch(new WatchTarget.Services(query), listener);
  }

  @Override
  public synchronized DiscoveryHealth health() {
    List<RegistrationHealth> present =
        registrations.values().stream()
            .map(known -> new RegistrationHealth(known.id(), known.state()))
            .filter(known -> known.state() != RegistrationState.LEFT)
            .sorted(Comparator.comparing(RegistrationHealth::id))
            .toList();
    List<WatchHealth> watched =
        Stream.concat(instances.health(), services.health())
            .sorted(Comparator.comparing(WatchHealth::name))
            .toList();
    return new DiscoveryHealth(present, watched);
  }

  @Override
  public CompletableFuture<Boolean> leaveAsync() {
    List<RegistrationLoop> leaving;
    synchronized (this) {
      leaving = List.copyOf(registrations.values());
    }
    return leaving.stream()
        .map(RegistrationLoop::leaveAsync)
        .reduce(
            CompletableFuture.completedFuture(true),
            (a, b) -> a.thenCombine(b, Boolean::logicalAnd));
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this connection to Consul is closed");
    }
  }

  @Override
  public void close() {
    List<RegistrationLoop> leaving;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      leaving = List.copyOf(registrations.values());
      instances.close();
      services.close();
    }
    long began = clock.nanoTime();
    leaving.forEach(RegistrationLoop::beginLeave);
    for (RegistrationLoop registration : leaving) {
      Duration left = options.leaveTimeout().plusMillis(100).minus(clock.since(began));
      registration.awaitLeft(left);
    }
    threads.close();
    consul.close();
  }

  /** A watch of instances that says what it watches. */
  private record InstanceWatch(ServiceQuery query, Watched<Snapshot> watched) implements Watch {

    @Override
    public Optional<Snapshot> current() {
      return watched.current();
    }

    @Override
    public Optional<Snapshot> awaitFirst(Duration timeout) throws InterruptedException {
      return watched.awaitFirst(timeout);
    }

    @Override
    public Duration age() {
      return watched.age();
    }

    @Override
    public boolean stale() {
      return watched.stale();
    }

    @Override
    public List<String> leftOut() {
      return watched.leftOut();
    }

    @Override
    public Optional<AnswerSource> source() {
      return watched.source();
    }

    @Override
    public void close() {
      watched.close();
    }
  }

  /** Makes connections over HTTP. */
  public static final class Provider implements Discovery.Provider {

    @Override
    public Discovery connect(ConsulOptions options) {
      return ConsulDiscovery.connect(options);
    }
  }
}
