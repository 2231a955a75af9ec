package dev.rollcall.discovery.internal.api;

import dev.rollcall.discovery.AnswerSource;
import dev.rollcall.discovery.AnswerSource.Backend;
import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Consul's catalog. Thread-safe; no method but {@link #read} does I/O. */
public interface CatalogApi {

  /** A query for a service's instances. */
  BlockingQuery<Snapshot> instances(ServiceQuery query);

  /** Asks once, without waiting for a change. Bounded in time; throws nothing. */
  default Result<QueryResult<Snapshot>> read(ServiceQuery query) {
    try (BlockingQuery<Snapshot> once = instances(query)) {
      return once.run(OptionalLong.empty());
    }
  }

  /** A query for the services' names. */
  BlockingQuery<CatalogServices> services(CatalogQuery query);

  /**
   * How often to ask one query in the long run, however often one is woken.
   *
   * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/blocking">Consul's
   *     implementation details of blocking queries</a>
   */
  default Duration pace() {
    return Duration.ofMillis(500);
  }

  /**
   * A query that is asked again and again.
   *
   * @param <S> what it finds
   */
  interface BlockingQuery<S> extends AutoCloseable {

    /**
     * How long an answer may take: Consul adds up to a sixteenth to the wait, and there is the way.
     */
    static Duration timeout(Duration wait) {
      return wait.plus(wait.dividedBy(16)).plusSeconds(5);
    }

    /**
     * Asks, and with an index blocks until something may have changed. Bounded in time; throws
     * nothing. Called by one thread at a time.
     */
    Result<QueryResult<S>> run(OptionalLong index);

    /** Asks for what Consul's servers agree on, without waiting for a change. As {@link #run}. */
    Result<QueryResult<S>> runConsistent();

    /**
     * As {@link #runConsistent()}, where only what is found under some ids matters; the answer may
     * hold more, and its index is none to wait for a change of.
     */
    default Result<QueryResult<S>> runConsistent(Set<String> ids) {
      return runConsistent();
    }

    /**
     * Whether the servers agree that some instances are registered on their nodes no more. That is
     * asked node by node, which costs the servers nothing of what else the pool has.
     *
     * @return false also where it cannot be told so
     */
    default boolean areGone(List<ServiceInstance> instances) {
      return false;
    }

    /**
     * Ends a request that blocks at once, and makes later ones fail. From any thread; idempotent.
     */
    @Override
    void close();
  }

  /**
   * One answer.
   *
   * @param found what can be used of it
   * @param leftOut for each of the rest, which it is and what is wrong with it
   * @param index what to wait for a change of; 0 if Consul gave none
   * @param lag how long before it answered Consul was last sure of it, as it says itself
   * @param confirmed whether Consul would have known of a change: not, where the server that
   *     answered knows no leader, or the agent's cache has lost the servers
   * @param source where it came from; empty if nobody knows
   */
  record QueryResult<S>(
      S found,
      List<String> leftOut,
      long index,
      Duration lag,
      boolean confirmed,
      Optional<AnswerSource> source) {

    /** An answer that Consul was sure of when it gave it. */
    public QueryResult(S found, List<String> leftOut, long index) {
      this(found, leftOut, index, Duration.ZERO, true, Optional.empty());
    }

    /** Whether it comes from a view that a server feeds with events. */
    public boolean isStreamed() {
      return source.map(AnswerSource::backend).equals(Optional.of(Backend.STREAMING));
    }
  }

  /**
   * What one instance is known by, on whatever node: one that has moved to another agent is listed
   * by both for a while.
   */
  record InstanceKey(String id, String address, int port) {
    /** The key of an instance. */
    public static InstanceKey of(ServiceInstance instance) {
      return new InstanceKey(instance.id(), instance.address(), instance.port());
    }
  }
}
