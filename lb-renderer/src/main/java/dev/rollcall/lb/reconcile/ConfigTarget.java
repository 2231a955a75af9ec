package dev.rollcall.lb.reconcile;

import dev.rollcall.lb.template.RenderedConfig;
import dev.rollcall.lb.update.ApplyResult;

/**
 * Where a rendered configuration goes. Called by one thread; every call is bounded in time and none
 * throws for what HAProxy or the disk does.
 */
public interface ConfigTarget {
  /** Brings the configuration, and the files beside it, to the disk and into HAProxy. */
  ApplyResult apply(RenderedConfig rendering);

  /** Brings an HAProxy that came up to what the file has. */
  ApplyResult resync();

  /**
   * Does what is due between configurations; called about once a second.
   *
   * @return whether HAProxy has to be levelled
   */
  boolean maintain();

  /** Whether there is a configuration from an earlier run. */
  boolean hasConfiguration();

  /**
   * The configuration of an earlier run, as HAProxy was last seen to serve from it.
   *
   * @return empty if there is none, or if it cannot be read
   */
  default String lastConfiguration() {
    return "";
  }
}
