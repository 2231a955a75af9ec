package dev.rollcall.lb.update;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What became of a rendered configuration. Immutable. */
public sealed interface ApplyResult {

  /** The file has it and HAProxy runs it already. */
  record NoChange() implements ApplyResult {}

  /**
   * HAProxy changed its servers at run time, which was verified. The file has them too.
   *
   * @param summary what differed from the configuration before
   * @param took from the rendered text to the verified servers
   */
  record RuntimeChanged(String summary, Duration took) implements ApplyResult {}

  /**
   * HAProxy reloaded and serves from it, which was verified.
   *
   * @param reason what differed from the configuration before
   * @param took from the rendered text to the verified worker
   */
  record Reloaded(String reason, Duration took) implements ApplyResult {}

  /**
   * The file was written; no HAProxy is configured.
   *
   * @param reason what differed from the file before
   */
  record FileWritten(String reason) implements ApplyResult {}

  /**
   * HAProxy does not run. It gets the configuration when it appears: call {@link
   * ConfigApplier#reconcile()} then.
   *
   * @param reason one line
   */
  record HaproxyAbsent(String reason) implements ApplyResult {}

  /**
   * HAProxy, or a check of ours, refused the configuration. The last known good one is in the file
   * and serves.
   *
   * @param message the reason, mostly HAProxy's message; may have several lines
   * @param candidate the kept copy of the refused text; null if it could not be written
   */
  record Rejected(String message, @Nullable Path candidate) implements ApplyResult {}

  /**
   * It could not be tried, for example because the file cannot be written. To be retried later.
   *
   * @param message one line
   */
  record Failed(String message) implements ApplyResult {}
}
