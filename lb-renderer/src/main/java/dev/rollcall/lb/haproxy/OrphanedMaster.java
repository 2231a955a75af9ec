package dev.rollcall.lb.haproxy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An HAProxy master that an earlier run started from the same configuration and left running. It is
 * recognized by its arguments: its binary may have been replaced or be a wrapper. Immutable.
 *
 * @param pid its process id
 * @param masterSocket of the master
 */
record OrphanedMaster(long pid, Path masterSocket) {

  private static final String MASTER_WORKER = "-W";

  /**
   * Finds one that runs.
   *
   * @param config the configuration, also through links
   */
  static Optional<OrphanedMaster> find(Path config) {
    Path real = real(config);
    Map<Long, OrphanedMaster> found = new HashMap<>();
    Map<Long, Long> parents = new HashMap<>();
    String own = namespace("self");
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      all.forEach(
          handle ->
              masterSocket(arguments(handle.pid()), real)
                  // In another container the same path is another file.
                  .filter(socket -> namespace(Long.toString(handle.pid())).equals(own))
                  .ifPresent(
                      socket -> {
                        found.put(handle.pid(), new OrphanedMaster(handle.pid(), socket));
                        parents.put(
                            handle.pid(), handle.parent().map(ProcessHandle::pid).orElse(0L));
                      }));
    }
    // A worker has the arguments of its master.
    return found.values().stream()
        .filter(one -> !found.containsKey(parents.getOrDefault(one.pid(), 0L)))
        .findAny();
  }

  /**
   * The master socket in the arguments of a process.
   *
   * @param real the configuration that must be among them, as {@link #real} returns it
   */
  static Optional<Path> masterSocket(List<String> arguments, Path real) {
    int file = arguments.indexOf("-f");
    int socket = arguments.indexOf("-S");
    if (!arguments.contains(MASTER_WORKER)
        || file < 0
        || socket < 0
        || Math.max(file, socket) + 1 >= arguments.size()) {
      return Optional.empty();
    }
    try {
      String place = arguments.get(socket + 1).split(",", 2)[0];
      return real(Path.of(arguments.get(file + 1))).equals(real)
          ? Optional.of(Path.of(place))
          : Optional.empty();
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  /** A path without links; the file need not exist. */
  static Path real(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    try {
      return absolute.toRealPath();
    } catch (IOException e) {
      Path parent = absolute.getParent();
      Path name = absolute.getFileName();
      return parent == null || name == null || Files.isSymbolicLink(absolute)
          ? absolute
          : real(parent).resolve(name);
    }
  }

  /** The namespace of process ids; empty where it cannot be read. */
  private static String namespace(String process) {
    try {
      return Files.readSymbolicLink(Path.of("/proc", process, "ns", "pid")).toString();
    } catch (IOException e) {
      return "";
    }
  }

  private static List<String> arguments(long pid) {
    try {
      return Arrays.asList(
          Files.readString(Path.of("/proc", Long.toString(pid), "cmdline")).split("\0", -1));
    } catch (IOException e) {
      // It has exited, or belongs to somebody else.
      return List.of();
    }
  }
}
