package dev.rollcall.discovery.internal.api;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Consul's catalog, as far as it is watched. Thread-safe. */
public interface CatalogApi {

  /** Makes ready to ask for a service's instances again and again. Does no I/O yet. */
  BlockingQuery<Snapshot> instances(ServiceQuery query);

  /** Makes ready to ask for the services' names again and again. Does no I/O yet. */
  BlockingQuery<CatalogServices> services(CatalogQuery query);

  /**
   * Makes ready to ask for the health of all services again and again, as the servers agree on it.
   * Does no I/O yet.
   */
  BlockingQuery<CheckHashes> checks();

  /** Makes ready to ask how many nodes there are, in the same way. */
  BlockingQuery<Integer> nodes();

  /**
   * The same for queries that never ask with an index: they share some connections, which stay open
   * until Consul is closed.
   */
  default CatalogApi sharing(int connections) {
    return this;
  }

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
   * One query with a connection of its own.
   *
   * @param <S> what it finds
   */
  interface BlockingQuery<S> extends AutoCloseable {

    /**
     * Asks, and with an index blocks until something may have changed. Bounded in time; throws
     * nothing. Called by one thread at a time.
     */
    Result<QueryResult<S>> run(OptionalLong index);

    /** Asks for what Consul's servers agree on, without waiting for a change. As {@link #run}. */
    Result<QueryResult<S>> runConsistent();

    /**
     * How long ago it was certain, without a call, that the last answer still holds; empty if
     * nothing but calls tells that. From any thread.
     */
    default Optional<Duration> vouched() {
      return Optional.empty();
    }

    /** Ends a call that blocks at once, and makes later ones fail. From any thread; idempotent. */
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
   */
  record QueryResult<S>(
      S found, List<String> leftOut, long index, Duration lag, boolean confirmed) {

    /** An answer that Consul was sure of when it gave it. */
    public QueryResult(S found, List<String> leftOut, long index) {
      this(found, leftOut, index, Duration.ZERO, true);
    }
  }
}
