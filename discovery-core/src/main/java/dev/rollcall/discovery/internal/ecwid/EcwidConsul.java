package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.TlsOptions;
import dev.rollcall.discovery.internal.api.AgentApi;
import dev.rollcall.discovery.internal.api.CatalogApi;
import dev.rollcall.discovery.internal.api.ConsulApi;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.concurrent.DaemonThreads;
import dev.rollcall.discovery.internal.net.AdvertisedEndpoint;
import dev.rollcall.discovery.internal.net.AgentAddress;
import dev.rollcall.discovery.internal.net.CidrNetwork;
import dev.rollcall.discovery.internal.registration.TokenRotatingAgent;
import dev.rollcall.discovery.internal.tls.ReloadingSslContext;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor.DiscardPolicy;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Consul through consul-api. Registrations have a few connections of their own, so that watches
 * cannot starve heartbeats.
 */
public final class EcwidConsul implements ConsulApi, CatalogApi {

  private static final Logger log = LoggerFactory.getLogger(EcwidConsul.class);

  private final ConsulOptions options;
  private final ScheduledThreadPoolExecutor timer;
  private final ConsulHttpClient registrations;
  private final ConsulHttpClient watches;
  private final ConnectionLimit limit;
  private final CheckChanges changes;
  private final LeaderCheck leader;
  private final AgentApi agent;

  /**
   * Makes ready to speak with the first of the agents. Does no I/O yet.
   *
   * @param connections how many of the connections are for registrations
   */
  public EcwidConsul(ConsulOptions options, int connections) {
    this(options, connections, CidrNetwork::localAddresses);
  }

  /**
   * As {@link #EcwidConsul(ConsulOptions, int)}.
   *
   * @param local all addresses of this machine, as of the moment; thread-safe
   */
  public EcwidConsul(ConsulOptions options, int connections, Supplier<List<InetAddress>> local) {
    this(options, options.address(), sslContext(options), connections, endpoint(options, local));
  }

  private EcwidConsul(
      ConsulOptions options,
      URI at,
      ReloadingSslContext tls,
      int connections,
      AdvertisedEndpoint endpoint) {
    this.options = options;
    AgentAddress address = AgentAddress.of(at);
    if (address.isTls() && !options.tls().verify()) {
      log.warn("Consul at {}: its certificate is not checked, as asked for", at);
    }
    timer =
        new ScheduledThreadPoolExecutor(
            1, DaemonThreads.platformFactory("rollcall-timeout-"), new DiscardPolicy());
    timer.setRemoveOnCancelPolicy(true);
    // Without it no request would be bounded: so it must be there.
    timer.prestartCoreThread();
    registrations = new ConsulHttpClient(address, options, tls, connections, timer);
    int others = options.connections() - connections;
    watches = new ConsulHttpClient(address, options, tls, others, timer);
    limit =
        new ConnectionLimit(others, options.waitTime(), Clock.system(), this::followCheckChanges);
    changes = new CheckChanges(watches, options, limit::isPolling, limit::changed, Clock.system());
    ThreadFactory checks = DaemonThreads.platformFactory("rollcall-leader-check-");
    leader = new LeaderCheck(this::askLeader, this::later, task -> checks.newThread(task).start());
    agent =
        new TokenRotatingAgent(
            new EcwidAgent(registrations, endpoint, address, options.callTimeout()),
            options.token());
  }

  /** Each of the agents under its address, in order; as the constructor. */
  public static Map<String, ConsulApi> each(ConsulOptions options, int connections) {
    ReloadingSslContext tls = sslContext(options);
    AdvertisedEndpoint endpoint = endpoint(options, CidrNetwork::localAddresses);
    Map<String, ConsulApi> each = new LinkedHashMap<>();
    for (URI at : options.addresses()) {
      each.put(at.toString(), new EcwidConsul(options, at, tls, connections, endpoint));
    }
    return each;
  }

  private static ReloadingSslContext sslContext(ConsulOptions options) {
    TlsOptions tls = options.tls();
    if (options.sslContext().isPresent()) {
      return new ReloadingSslContext(options.sslContext().get(), tls.serverName(), tls.verify());
    }
    return sslContext(tls);
  }

  static ReloadingSslContext sslContext(TlsOptions tls) {
    return new ReloadingSslContext(
        tls.caFile(),
        tls.caPath(),
        tls.clientCertificate(),
        tls.clientKey(),
        tls.serverName(),
        tls.verify());
  }

  private static AdvertisedEndpoint endpoint(
      ConsulOptions options, Supplier<List<InetAddress>> local) {
    return new AdvertisedEndpoint(
        options.serviceAddress(), options.serviceNetwork(), options.servicePort(), local);
  }

  @Override
  public AgentApi agent() {
    return agent;
  }

  @Override
  public CatalogApi catalog() {
    return this;
  }

  @Override
  public BlockingQuery<Snapshot> instances(ServiceQuery query) {
    return blockingQuery(new InstancesQuery(query));
  }

  @Override
  public BlockingQuery<CatalogServices> services(CatalogQuery query) {
    return blockingQuery(new QuerySpec.Services(query));
  }

  private <S> BlockingQuery<S> blockingQuery(QuerySpec<S> spec) {
    return new EcwidBlockingQuery<>(
        spec, options, watches, limit.new Share(spec.ownService()), leader, Clock.system());
  }

  private void followCheckChanges() {
    changes.start(DaemonThreads.platformFactory("rollcall-check-changes-"));
  }

  private void later(Duration delay, Runnable task) {
    var unused = timer.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private ConsulResponse askLeader(Optional<String> datacenter) {
    return watches
        .exchange(options.callTimeout(), options.callTimeout())
        .get(LeaderCheck.PATH, QuerySpec.place(datacenter, Consistency.CONSISTENT, true));
  }

  @Override
  public void close() {
    changes.close();
    registrations.close();
    watches.close();
    timer.shutdownNow();
  }
}
