package dev.rollcall.discovery;

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
   * Takes the service out of the registry. Waits at most {@link ConsulOptions#leaveTimeout()} for
   * Consul to confirm it. Idempotent: later calls tell what the first one brought.
   *
   * @return true if Consul confirmed that the service is gone; false if it could not be told in
   *     time, in which case its check lapses within its time to live and Consul removes the service
   *     after {@link HealthCheck#deregisterAfter()}
   */
  boolean leave();

  /**
   * Begins to leave as {@link #leave()} does, without waiting.
   *
   * @return completes with what {@link #leave()} would return, within its bound, never
   *     exceptionally
   */
  CompletableFuture<Boolean> leaveAsync();

  /** {@linkplain #leave() Leaves}. */
  @Override
  void close();
}
