package dev.rollcall.lb.haproxy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The program {@code haproxy} on this machine. Immutable and thread-safe.
 *
 * @see <a href="https://docs.haproxy.org/3.2/management.html#3">Management guide, 3. Starting
 *     HAProxy</a>
 */
public final class HaproxyBinary {

  /**
   * Parsing takes well below a second; names that resolve slowly take longer, and 20,000
   * certificates half a minute.
   */
  public static final Duration CHECK_LIMIT = Duration.ofMinutes(3);

  private final Path path;
  private final Duration checkLimit;

  private HaproxyBinary(Path path, Duration checkLimit) {
    this.path = path;
    this.checkLimit = checkLimit;
  }

  /**
   * Takes the program at a path.
   *
   * @throws HaproxyUnavailableException when there is none that this user may run
   */
  public static HaproxyBinary at(Path path) throws HaproxyUnavailableException {
    if (!Files.exists(path)) {
      throw new HaproxyUnavailableException(
          "no HAProxy at " + path + ": install it or name another path");
    }
    if (!Files.isRegularFile(path) || !Files.isExecutable(path)) {
      throw new HaproxyUnavailableException(
          "cannot run HAProxy at " + path + ": not an executable file");
    }
    return new HaproxyBinary(path.toAbsolutePath(), CHECK_LIMIT);
  }

  /** The same program, with another limit for a {@link #check}. */
  public HaproxyBinary withCheckTimeout(Duration limit) {
    return new HaproxyBinary(path, limit);
  }

  /** Absolute. */
  public Path path() {
    return path;
  }

  /**
   * Runs {@code haproxy -c}. Only exit code 0 passes: 2 means "valid, and nothing would listen".
   *
   * @param candidate a readable file
   */
  public ConfigCheck check(Path candidate) {
    try {
      Subprocess.Result ended =
          Subprocess.run(List.of(path.toString(), "-c", "-f", candidate.toString()), checkLimit);
      if (ended.exitCode() == 0) {
        return new ConfigCheck.Passed();
      }
      if (ended.timedOut()) {
        return new ConfigCheck.TimedOut(
            "haproxy -c did not end within "
                + checkLimit.toSeconds()
                + " s: give it more with --check-timeout");
      }
      return new ConfigCheck.Refused(
          HaproxyMessage.alerts(ended.output(), "haproxy -c ended with " + ended.exitCode()));
    } catch (IOException e) {
      return new ConfigCheck.Unavailable("cannot run " + path + ": " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new ConfigCheck.Unavailable("interrupted while haproxy -c ran");
    }
  }
}
