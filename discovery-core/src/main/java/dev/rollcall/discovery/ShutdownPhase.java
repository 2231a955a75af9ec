package dev.rollcall.discovery;

/** A phase of {@link LeaveOnTerminate}, in the default order. */
public enum ShutdownPhase {
  /** The readiness probe is made to fail. */
  NOT_READY,
  /** The registrations leave the registry. */
  LEAVE,
  /** The server serves on until no request has come for the quiet period. */
  DRAIN,
  /** The server stops. */
  STOP_SERVER,
  /** The rest is closed. */
  CLOSE;

  /** What came of a phase. The worst comes last: that of a phase with several parts. */
  public enum Outcome {
    /** It was done; for {@link #DRAIN}: it has become quiet. */
    DONE,
    /** It was ended early, by {@link LeaveOnTerminate#stopNow}. */
    CUT_SHORT,
    /** Its bound passed first; for {@link #DRAIN}: there were requests to the last. */
    TIMED_OUT,
    /** It threw; for {@link #LEAVE} also: Consul did not confirm that the service is gone. */
    FAILED
  }
}
