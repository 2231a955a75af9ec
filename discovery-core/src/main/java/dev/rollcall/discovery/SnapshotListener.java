package dev.rollcall.discovery;

/** Told of each change of a watched query. */
@FunctionalInterface
public interface SnapshotListener {

  /**
   * What the query finds has changed, or was learnt for the first time. Called on a thread of the
   * library, never concurrently with itself; may take its time, and then gets the latest snapshot
   * next rather than all that came in between. What it throws is logged, once for each snapshot; it
   * is told that snapshot again, after pauses of up to 30 s that grow, until it returns or there is
   * a later one.
   *
   * @param snapshot what Consul holds now
   */
  void onSnapshot(Snapshot snapshot);
}
