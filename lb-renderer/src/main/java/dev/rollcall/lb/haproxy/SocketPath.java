package dev.rollcall.lb.haproxy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Judges paths that shall be those of a Unix domain socket. */
final class SocketPath {

  /** {@code sun_path} without the zero at its end, on Linux. */
  private static final int MOST_BYTES = 107;

  private SocketPath() {}

  /**
   * Lets a path pass where a socket is, or could be one day.
   *
   * @throws HaproxyUnavailableException otherwise
   */
  static Path checked(Path path) throws HaproxyUnavailableException {
    Path absolute = path.toAbsolutePath().normalize();
    if (absolute.toString().getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
      throw new HaproxyUnavailableException(
          "path of HAProxy's master socket is longer than "
              + MOST_BYTES
              + " bytes: "
              + absolute
              + ": name a shorter one");
    }
    if (Files.isDirectory(absolute) || Files.isRegularFile(absolute)) {
      throw new HaproxyUnavailableException(
          "not a socket: " + absolute + ": name the path that HAProxy was given with -S");
    }
    return absolute;
  }
}
