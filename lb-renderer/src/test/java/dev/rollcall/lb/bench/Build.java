package dev.rollcall.lb.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A build of lb-renderer, and how it is started. Immutable.
 *
 * @param name in the figures
 * @param command that starts it, without lb-renderer's own arguments
 */
record Build(String name, List<String> command) {
  /** What {@code discovery-core/src/packaging/bin/start} adds to the options of the program. */
  private static final List<String> OF_EVERY_START =
      List.of("-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError", "-Dfile.encoding=UTF-8");

  /** Stands in a command for the directory that the program shares with HAProxy. */
  static final String DIRECTORY = "{directory}";

  /** What is checked out, as its package starts it. */
  static Build ours() {
    return ofJar("Rollcall", property("lb-renderer.jar"), property("lb-renderer.options"));
  }

  /** Another one, which takes turns with it, as its package starts it; empty if none was named. */
  static Optional<Build> before() {
    String jar = System.getProperty("base.jar", "");
    return jar.isEmpty()
        ? Optional.empty()
        : Optional.of(ofJar("the build before", jar, property("base.options")));
  }

  /** Ours and the other one. */
  static List<Build> all() {
    List<Build> all = new ArrayList<>(List.of(ours()));
    before().ifPresent(all::add);
    return all;
  }

  /**
   * The images of ours and the other one, as far as they are named, and where the other one is a
   * jar alone, both of them as their packages start them.
   */
  static List<Build> shipped() {
    List<Build> all = new ArrayList<>();
    all.add(ofImage("Rollcall", property("lb-renderer.image")));
    String before = System.getProperty("base.image", "");
    if (!before.isEmpty()) {
      all.add(ofImage("the build before", before));
    }
    before()
        .ifPresent(
            build -> {
              all.add(new Build(ours().name + ", its jar", ours().command));
              all.add(new Build(build.name + ", its jar", build.command));
            });
    return all;
  }

  /** In a container that is confined as that of compose.yml. */
  private static Build ofImage(String name, String image) {
    String label = Objects.requireNonNullElse(System.getenv("BENCH_LABEL"), "dev.rollcall.bench=0");
    List<String> command = new ArrayList<>(List.of("docker", "run", "--rm", "--label", label));
    command.addAll(List.of("--network", "host", "-m", "256m", "--read-only", "--tmpfs", "/tmp"));
    command.addAll(List.of("--cap-drop", "ALL", "--user", "0:0"));
    command.addAll(List.of("-v", DIRECTORY + ":" + DIRECTORY, image));
    return new Build(name, command);
  }

  private static Build ofJar(String name, String jar, String options) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options.strip().split(" +", -1)));
    command.addAll(OF_EVERY_START);
    command.addAll(List.of("-jar", jar));
    return new Build(name, command);
  }

  private static String property(String name) {
    return Objects.requireNonNull(System.getProperty(name), name + " is not set");
  }

  /** The command with that directory. */
  List<String> command(Path directory) {
    return command.stream().map(word -> word.replace(DIRECTORY, directory.toString())).toList();
  }
}
