package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.SingleUrlParameters;
import com.ecwid.consul.UrlParameters;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.concurrent.Backoff;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.concurrent.RepeatingTask;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Tells which services' checks change, by one blocking query for all checks of the agent's
 * datacenter, while other queries are polled: an instance that joins, leaves or fails has a check
 * that does. It is a hint: instances without a check, and other weights, addresses or metadata, are
 * seen when it is their query's turn.
 *
 * <p>An answer holds the checks of all services, of however many. So any server may give it, and
 * after each one there is a rest of some twenty times as long as it took to come in. Thread-safe.
 *
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/health#list-checks-in-state">List
 *     checks in state</a>
 */
final class CheckChanges implements AutoCloseable {

  private static final String PATH = "/v1/health/state/any";

  /** Keeps what reading answers takes below a twentieth of the time. */
  private static final int RESTS = 19;

  private static final Duration SHORTEST_REST = Duration.ofMillis(100);

  /** How often it looks whether a query is polled. */
  private static final Duration CALM = Duration.ofSeconds(2);

  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  /** Of how many services at most a change is told, lest too many are polled at once. */
  private static final int MOST = 100;

  private final ConsulHttpClient.Exchanges exchanges;
  private final ConsulOptions options;
  private final BooleanSupplier isPolling;
  private final Consumer<String> changed;
  private final Clock clock;
  private final RepeatingTask steps;
  private final AtomicBoolean started = new AtomicBoolean();

  // Touched by the thread of the steps alone.
  private final Backoff backoff = new Backoff(LONGEST_PAUSE, RandomGenerator.getDefault());
  private final JsonListReader<Check> reader = new JsonListReader<>(Check::of);
  private @Nullable List<Check> known;
  private List<Check> found = List.of();
  private Duration reading = Duration.ZERO;
  private long index;

  /** A check as it was at one moment: another object as soon as anything about it is another. */
  private static final class Check {
    /** Empty if it is a check of a node. */
    private final String service;

    private Check(String service) {
      this.service = service;
    }

    static Check of(LenientJson check) {
      return new Check(check.text("ServiceName"));
    }
  }

  /**
   * Does not ask yet.
   *
   * @param isPolling whether anybody wants to know
   * @param changed told the name of each service whose checks have changed; must not block
   */
  CheckChanges(
      ConsulHttpClient http,
      ConsulOptions options,
      BooleanSupplier isPolling,
      Consumer<String> changed,
      Clock clock) {
    this.exchanges = http.new Exchanges();
    this.options = options;
    this.isPolling = isPolling;
    this.changed = changed;
    this.clock = clock;
    steps = new RepeatingTask(clock, this::step, thrown -> failed(Duration.ZERO));
  }

  /** Begins, on a thread of its own. Idempotent; if there is no room for a thread, does nothing. */
  void start(ThreadFactory threads) {
    if (!started.getAndSet(true)) {
      try {
        threads.newThread(steps).start();
      } catch (OutOfMemoryError e) {
        started.set(false);
      }
    }
  }

  /** Asks once. Returns how long to wait before the next time. */
  Duration step() {
    if (!isPolling.getAsBoolean()) {
      index = 0;
      return CALM;
    }
    Result<Long> result = ask().toResult("query checks", ConsulResponse::index);
    if (result instanceof Result.Failed<Long> failed) {
      return failed(failed.failure().retryAfter());
    }
    backoff.reset();
    long next = ((Result.Ok<Long>) result).value();
    // As with any blocking query: one that went backwards begins anew, and zero would not wait.
    index = Long.compareUnsigned(next, index) < 0 ? 0 : next == 0 ? 1 : next;
    tell();
    Duration rest = reading.multipliedBy(RESTS);
    return rest.compareTo(SHORTEST_REST) > 0 ? rest : SHORTEST_REST;
  }

  private Duration failed(Duration askedFor) {
    // Consul may come back with other data.
    index = 0;
    return backoff.next(askedFor);
  }

  private ConsulResponse ask() {
    List<UrlParameters> parameters =
        new ArrayList<>(QuerySpec.place(Optional.empty(), Consistency.STALE, false));
    Duration silence = options.callTimeout();
    if (index != 0) {
      Duration wait = options.waitTime();
      parameters.add(new SingleUrlParameters("index", Long.toUnsignedString(index)));
      parameters.add(new SingleUrlParameters("wait", wait.toMillis() + "ms"));
      silence = BlockingQuery.timeout(wait);
    }
    return exchanges
        .next(silence, silence.plus(options.callTimeout()))
        .get(PATH, parameters, this::read);
  }

  private void read(InputStream content) throws IOException {
    long began = clock.nanoTime();
    found = reader.read(content);
    reading = clock.since(began);
  }

  /** Tells of those that are new, gone or different; of the first answer nothing. */
  private void tell() {
    List<Check> before = known;
    known = found;
    if (before == null || before == found) {
      return;
    }
    Set<Check> added = Collections.newSetFromMap(new IdentityHashMap<>());
    added.addAll(found);
    Set<String> services = new TreeSet<>();
    before.stream()
        .filter(check -> !added.remove(check))
        .forEach(check -> services.add(check.service));
    added.forEach(check -> services.add(check.service));
    services.stream().filter(name -> !name.isEmpty()).limit(MOST).forEach(changed);
  }

  /** Ends a request that waits. From any thread; idempotent. */
  @Override
  public void close() {
    steps.close();
    exchanges.close();
  }
}
