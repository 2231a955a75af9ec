package dev.rollcall.discovery;

/**
 * A service's instances that are being watched.
 *
 * <p>This type is thread-safe.
 */
public interface Watch extends Watched<Snapshot> {

  /**
   * What is watched.
   *
   * @return the query
   */
  ServiceQuery query();
}
