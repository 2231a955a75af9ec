package dev.rollcall.measure.faults;

import dev.rollcall.measure.Waiting;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;

/** Clocks that jump. */
final class ClockFaults {
  /** More than twice as long as Consul has patience with a node that sends no heartbeat. */
  private static final int PATIENCE_SECONDS = 40;

  private ClockFaults() {}

  static List<Fault> all() {
    return List.of(
        Fault.lossless(
                "clock",
                "the clock of a node jumps an hour ahead, back again, and an hour back, 40 s between",
                ClockFaults::clock)
            .needing("faketime"));
  }

  private static void clock(FaultRun run) {
    SystemUnderTest system = run.system;
    run.step(buildCommand(system));
    int count = system.nodes().size() + 1;
    String image = system.webNodeImage();
    system.set("WEB_NODE_IMAGE", SystemUnderTest.clockImage());
    run.nodesAlone(count);
    system.set("WEB_NODE_IMAGE", image);
    run.awaitPool(60, "with the node whose clock moves");
    String node = run.youngest();
    run.expectWithin(5, "its clock right at first", () -> clockIsAhead(system, node, 0));
    for (String jump : List.of("+3600", "+0", "-3600")) {
      set(run, node, jump);
      run.expectWithin(
          5,
          "its clock at " + jump + " s",
          () -> clockIsAhead(system, node, Integer.parseInt(jump)));
      run.expectFor(
          PATIENCE_SECONDS,
          "beats and serves on",
          () -> run.poolIsRight() && system.passing() >= count);
    }
    set(run, node, "+0");
    run.startTimer();
    run.docker("stop", "-t", "30", node);
    run.awaitPool(15, "without it");
    run.expect("exit code 0", () -> run.endedInOrder(node));
    run.docker("rm", node);
    run.docker("image", "rm", SystemUnderTest.clockImage());
  }

  /**
   * A node whose wall clock can be set, by libfaketime under its C library; the clock that only
   * goes on goes on. Without the fix for older C libraries: with it, each timed wait of Java's ends
   * at once, and the CPU is lost.
   */
  private static List<String> buildCommand(SystemUnderTest system) {
    Path library = Path.of(system.session().fact("FAKETIME"));
    String name = "/faketime/" + library.getFileName();
    String dockerfile =
        """
        FROM %s
        LABEL %s
        COPY %s /faketime/
        ENV LD_PRELOAD=%s FAKETIME_TIMESTAMP_FILE=/tmp/clock FAKETIME_CACHE_DURATION=1 \
        FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_FORCE_MONOTONIC_FIX=0"""
            .formatted(
                system.webNodeImage(), SystemUnderTest.IMAGE_LABEL, library.getFileName(), name);
    return List.of(
        "bash",
        "-c",
        "docker build -q -t \"$1\" -f - \"$2\" <<<\"$3\"",
        "build",
        SystemUnderTest.clockImage(),
        String.valueOf(library.getParent()),
        dockerfile);
  }

  private static void set(FaultRun run, String node, String jump) {
    run.docker("exec", node, "bash", "-c", "echo " + jump + " >/tmp/clock");
    Waiting.sleep(Duration.ofMillis(100));
  }

  /**
   * Its Java's clock, as its answers have it, is so far ahead of this machine's, give or take 5.
   */
  private static boolean clockIsAhead(SystemUnderTest system, String node, int seconds) {
    return system
        .get("http://" + system.address(node) + ":8080/")
        .flatMap(answer -> answer.headers().firstValue("Date"))
        .map(date -> ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant())
        .filter(date -> Math.abs(Duration.between(Instant.now(), date).toSeconds() - seconds) <= 5)
        .isPresent();
  }
}
