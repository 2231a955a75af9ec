package dev.rollcall.launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * How many TCP connections to a port of this machine or container are open, by the kernel's tables.
 * Immutable.
 *
 * @param port the local port
 * @param tables files like {@code /proc/net/tcp}; those that are not there count as empty
 * @see <a
 *     href="https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html">proc_net_tcp</a>
 */
record OpenConnections(int port, List<Path> tables) {
  /** A connection over which the program may still be asked, or may still answer. */
  private static final List<String> OPEN = List.of("01", "08"); // ESTABLISHED, CLOSE_WAIT

  static OpenConnections of(int port) {
    return new OpenConnections(
        port, List.of(Path.of("/proc/self/net/tcp"), Path.of("/proc/self/net/tcp6")));
  }

  OpenConnections {
    tables = List.copyOf(tables);
  }

  /** How many there are now, without those that come from this machine's loopback. */
  int count() throws IOException {
    int open = 0;
    for (Path table : tables) {
      if (Files.exists(table)) {
        try (Stream<String> lines = Files.lines(table, StandardCharsets.US_ASCII)) {
          open += (int) lines.skip(1).filter(this::counts).count();
        }
      }
    }
    return open;
  }

  /** A line's columns: number, local address, remote address, state. */
  private boolean counts(String line) {
    String[] columns = line.strip().split("\\s+", 5);
    return columns.length == 5
        && portOf(columns[1]) == port
        && OPEN.contains(columns[3])
        && !isLoopback(columns[2]);
  }

  private static int portOf(String address) {
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1), 16);
  }

  /**
   * 127.0.0.0/8, ::1, and the former as an IPv4-mapped address; 32-bit words of the host's order.
   */
  private static boolean isLoopback(String address) {
    String host = address.substring(0, address.lastIndexOf(':'));
    return (host.length() == 8 || host.startsWith("0000000000000000FFFF0000"))
        ? host.endsWith("7F")
        : host.equals("00000000000000000000000001000000");
  }
}
