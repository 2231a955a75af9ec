package dev.rollcall.lb.reconcile;

/** What is due to bring HAProxy to the latest configuration. */
enum ReconcilerState {
  /** HAProxy has the last configuration that was rendered, or there was none yet. */
  IN_SYNC(false, false),
  /** The file is right, and HAProxy is to be brought to it. */
  RESYNC_DUE(true, false),
  /** The last configuration was not applied, and is to be applied again. */
  APPLY_DUE(false, true),
  /** Both: HAProxy is brought to the file first. */
  RESYNC_AND_APPLY_DUE(true, true);

  private final boolean resyncDue;
  private final boolean applyDue;

  ReconcilerState(boolean resyncDue, boolean applyDue) {
    this.resyncDue = resyncDue;
    this.applyDue = applyDue;
  }

  enum Event {
    /** HAProxy restarted or drifted, or the configuration of an earlier run is kept. */
    HAPROXY_CHANGED,
    /** HAProxy was brought to the file. */
    RESYNCED,
    /** HAProxy could not be brought to the file. */
    RESYNC_FAILED,
    /** A configuration is about to be applied; an error that should not happen may prevent it. */
    APPLY_STARTED,
    /** The configuration is in use. */
    APPLIED,
    /** The configuration is in the file, and HAProxy is not there. */
    HAPROXY_ABSENT,
    /** The configuration was refused, or could not be written. */
    APPLY_FAILED,
    /** The template was rolled back to the one whose configuration is in use. */
    TEMPLATE_ROLLED_BACK
  }

  boolean isResyncDue() {
    return resyncDue;
  }

  boolean isApplyDue() {
    return applyDue;
  }

  ReconcilerState on(Event event) {
    return switch (event) {
      case HAPROXY_CHANGED -> of(true, applyDue);
      case RESYNCED -> of(false, applyDue);
      case RESYNC_FAILED -> this;
      case APPLY_STARTED -> of(resyncDue, true);
      case APPLIED, TEMPLATE_ROLLED_BACK -> IN_SYNC;
      case HAPROXY_ABSENT -> RESYNC_DUE;
      case APPLY_FAILED -> APPLY_DUE;
    };
  }

  private static ReconcilerState of(boolean resyncDue, boolean applyDue) {
    if (resyncDue) {
      return applyDue ? RESYNC_AND_APPLY_DUE : RESYNC_DUE;
    }
    return applyDue ? APPLY_DUE : IN_SYNC;
  }
}
