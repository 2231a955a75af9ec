package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import java.util.List;
import java.util.OptionalLong;

/** Consul's catalog, as far as it is watched. Thread-safe. */
public interface Catalog {

  /** Makes ready to ask one query again and again. Does no I/O yet. */
  Poll open(ServiceQuery query);

  /** One query with a connection of its own. */
  interface Poll extends AutoCloseable {

    /**
     * Asks, and with an index blocks until something may have changed. Bounded in time; throws
     * nothing. Called by one thread at a time.
     */
    Answer<Page> next(OptionalLong index);

    /** Ends a call that blocks at once, and makes later ones fail. From any thread; idempotent. */
    @Override
    void close();
  }

  /**
   * One answer.
   *
   * @param instances the usable ones
   * @param leftOut for each of the others, which it is and what is wrong with it
   * @param index what to wait for a change of; 0 if Consul gave none
   */
  record Page(List<ServiceInstance> instances, List<String> leftOut, long index) {}
}
