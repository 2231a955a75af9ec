package dev.rollcall.discovery;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A service that was asked to be in the registry, until it leaves.
 *
 * <p>This type is thread-safe. Once leaving has begun nothing can register the service again: any
 * call under way is waited for, and removal is always the last thing said to Consul.
 */
public interface Registration extends AutoCloseable {

  /**
   * The id under which the service is registered.
   *
   * @return the id, unique on its agent
   */
  String id();

  /**
   * Where the registration stands.
   *
   * @return the state as of now
   */
  RegistrationState state();

  /**
   * Waits until the state is {@link RegistrationState#PASSING}; returns at once if it is. The
   * registration goes on, whatever this returns.
   *
   * @param timeout how long to wait at most
   * @return true if the state is passing; false if it is not in time, or the service leaves
   * @throws InterruptedException if the thread is interrupted
   */
  boolean awaitPassing(Duration timeout) throws InterruptedException;

  /**
   * Puts the service into maintenance: it stays registered, but nobody finds it among the passing
   * ones. Holds until {@link #endMaintenance()}, also when Consul has lost its data in between; a
   * maintenance left over from an earlier life of the process is ended when the service joins.
   *
   * <p>As the other changes, it does not wait: Consul is told at once, or when it can be reached
   * again; see {@link #settled()}. After leaving has begun it does nothing.
   *
   * @param reason for people, one line of at most 255 characters
   * @throws IllegalArgumentException if the reason is blank, too long or not on one line
   */
  void beginMaintenance(String reason);

  /** Ends the maintenance, if there is one. Does not wait, as {@link #beginMaintenance}. */
  void endMaintenance();

  /**
   * Changes the weights. Does not wait, as {@link #beginMaintenance}; the health is not touched.
   *
   * @param passing the weight of a passing instance, 1 to 65535
   * @param warning the weight of one whose worst check warns, 0 to 65535
   * @throws IllegalArgumentException if a weight is out of bounds
   */
  void weights(int passing, int warning);

  /**
   * Changes the tags. Does not wait, as {@link #beginMaintenance}; the health is not touched.
   *
   * @param tags in place of all the present ones
   * @throws IllegalArgumentException if a tag is blank, longer than 255 or not on one line
   */
  void tags(List<String> tags);

  /**
   * Sends a heartbeat now, with what the service says of its health, instead of when the next one
   * is due; see {@link HealthCheck.Ttl#reporting}. Does not wait, as {@link #beginMaintenance};
   * calls that come while one waits to be sent are one call. Without such a check it does nothing.
   */
  void reportHealth();

  /**
   * Whether Consul has been told all that was asked for: that the service is there, and every
   * change since.
   *
   * @return true if nothing is left to tell, as far as is known
   */
  boolean settled();

  /**
   * Takes the service out of the registry. Waits at most {@link ConsulOptions#leaveTimeout()} for
   * Consul to confirm it; an interrupt does not shorten that, and is there afterwards. Idempotent:
   * later calls tell what the first one brought. What another process, or a later registration, has
   * registered under the id is not removed; one that waits for the id gets it first.
   *
   * @return true if Consul confirmed that the service is gone, or was never there to be told of it;
   *     false if it could not be told in time, in which case Consul removes the service {@link
   *     HealthCheck#deregisterAfter()} after a check has become critical, as a heartbeat does
   *     within its time to live
   */
  boolean leave();

  /**
   * Begins to leave as {@link #leave()} does, without waiting.
   *
   * @return completes with what {@link #leave()} would return, within its bound, never
   *     exceptionally; what depends on it runs on no thread that the library needs
   */
  CompletableFuture<Boolean> leaveAsync();

  /** {@linkplain #leave() Leaves}. */
  @Override
  void close();
}
