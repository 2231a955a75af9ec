package dev.rollcall.lb.update;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What became of a rendered configuration. Immutable. */
public sealed interface ApplyResult {

  /** The file has it and HAProxy runs it already. */
  record NoChange() implements ApplyResult {}

  /**
   * HAProxy changed its servers while it ran, and was seen to have them. The file has them too.
   *
   * @param summary what differed from the configuration before
   * @param took from the rendered text to the servers that were seen in HAProxy
   */
  record RuntimeChanged(String summary, Duration took) implements ApplyResult {}

  /**
   * HAProxy reloaded and was seen to serve from it.
   *
   * @param reason what differed from the configuration before
   * @param took from the rendered text to the verified worker
   */
  record Reloaded(String reason, Duration took) implements ApplyResult {}

  /**
   * The file was written, and no HAProxy was named to apply it to.
   *
   * @param reason what differed from the file before
   */
  record FileWritten(String reason) implements ApplyResult {}

  /**
   * HAProxy is not there. It gets the configuration when it comes: call {@link
   * ConfigApplier#reconcile()} then.
   *
   * @param reason one line
   */
  record HaproxyAbsent(String reason) implements ApplyResult {}

  /**
   * HAProxy, or the guard in front of it, refused the configuration. The last good one is in the
   * file and serves.
   *
   * @param message the reason, mostly HAProxy's own words; may have several lines
   * @param candidate where the refused text was kept; null where there was no room for it
   */
  record Rejected(String message, @Nullable Path candidate) implements ApplyResult {}

  /**
   * It could not be tried, as with a file that cannot be written; what served before serves on.
   * Worth trying again later.
   *
   * @param message one line
   */
  record Failed(String message) implements ApplyResult {}
}
