package dev.rollcall.measure.faults;

import dev.rollcall.measure.Waiting;
import java.util.List;
import java.util.regex.Pattern;

/** HAProxy itself, and the directory of its configuration. */
final class HaproxyFaults {
  private static final Pattern SERVER_LINE = Pattern.compile("(?m)^ +server web-");

  private HaproxyFaults() {}

  static List<Fault> all() {
    return List.of(
        Fault.lossless(
                "worker",
                "HAProxy's worker killed (SIGKILL), which ends the container: the engine starts it again",
                HaproxyFaults::worker)
            .mayFail(Fault.ANY, Fault.ANY),
        Fault.lossless("haproxy", "HAProxy's container restarted", HaproxyFaults::haproxy)
            .mayFail(Fault.ANY, Fault.ANY),
        Fault.lossless(
            "disk",
            "the disk of the output directory full while a node joins; mended after 10 s",
            HaproxyFaults::disk),
        Fault.lossless(
            "readonly",
            "the output directory and the file in it read-only while a node joins; mended after 10 s",
            HaproxyFaults::readOnly));
  }

  private static void worker(FaultRun run) {
    String children =
        "for f in /proc/[0-9]*/stat; do read -r pid _ _ parent _ <\"$f\";"
            + " if [ \"$parent\" = 1 ] && [ \"$pid\" != $$ ]; then kill -9 \"$pid\"; fi; done";
    // It may be killed itself, as the container ends.
    run.system
        .commands()
        .run("docker", "exec", run.system.container("haproxy"), "bash", "-c", children);
    run.startTimer();
    // Not the old one in the instant before it is gone.
    Waiting.until(5, () -> run.system.poolUp().isEmpty());
    run.expectWithin(2, "serving again within 2 s", run.system::serves);
    run.awaitPool(5);
  }

  private static void haproxy(FaultRun run) {
    run.startTimer();
    run.compose("restart", "haproxy");
    run.expectWithin(2, "serving again within 2 s of its start", run.system::serves);
    run.awaitPool(15);
  }

  private static void disk(FaultRun run) {
    SystemUnderTest system = run.system;
    String before = configuration(system);
    inOutput(run, "cat /dev/zero >full; [ \"$(stat -f -c %a .)\" -eq 0 ]");
    run.nodesAlone(4);
    run.awaitFourthNode();
    run.startTimer();
    run.awaitPool(5, "with the node that joined"); // HAProxy is told; the file has to wait
    run.expectWithin(
        30,
        "not ready meanwhile, and says why",
        () -> !system.isReady() && system.status().contains("No space left on device"));
    run.expectFor(10, "file as it was", () -> configuration(system).equals(before));
    run.expect("nothing half written", () -> nothingHalfWritten(run));
    inOutput(run, "rm full");
    run.startTimer();
    run.expectWithin(35, "ready again by itself", system::isReady);
    run.awaitPool(30, "mended");
    run.expect(
        "file has the node that joined",
        () -> SERVER_LINE.matcher(configuration(system)).results().count() == 4);
    run.expect("nothing half written after that", () -> nothingHalfWritten(run));
  }

  private static void readOnly(FaultRun run) {
    SystemUnderTest system = run.system;
    String directory = mode(system, "/etc/rollcall");
    String file = mode(system, "/etc/rollcall/haproxy.cfg");
    inOutput(run, "chmod 555 . && chmod 444 ./*");
    run.nodesAlone(4);
    run.expectWithin(30, "not ready meanwhile", () -> !system.isReady());
    run.sleep(10);
    inOutput(run, "chmod %s . && chmod %s ./*".formatted(directory, file));
    run.startTimer();
    run.expectWithin(30, "ready again by itself", system::isReady);
    run.awaitPool(30, "mended");
  }

  private static String mode(SystemUnderTest system, String path) {
    return system.output("exec", "-T", "lb-renderer", "stat", "-c", "%a", path);
  }

  /** By a root's bash, in the volume that lb-renderer writes to. */
  private static void inOutput(FaultRun run, String words) {
    run.docker(
        "run",
        "--rm",
        "--network",
        "none",
        "--user",
        "0",
        "--entrypoint",
        "bash",
        "-w",
        "/config",
        "-v",
        SystemUnderTest.project() + "_haproxy-config:/config",
        run.system.session().fact("HAPROXY_IMAGE"),
        "-c",
        words);
  }

  private static String configuration(SystemUnderTest system) {
    return system
        .commands()
        .read("docker", "exec", system.container("haproxy"), "cat", "/etc/rollcall/haproxy.cfg");
  }

  /** HAProxy takes the configuration and each copy of it that is kept. */
  private static boolean nothingHalfWritten(FaultRun run) {
    String check =
        "for f in /etc/rollcall/haproxy.cfg{,.good,.backup.*}; do"
            + " [ ! -e \"$f\" ] || haproxy -c -f \"$f\" || exit 1; done";
    String haproxy = run.system.container("haproxy");
    return run.system.commands().run("docker", "exec", haproxy, "bash", "-c", check);
  }
}
