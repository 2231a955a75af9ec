package dev.rollcall.measure.pair;

import dev.rollcall.measure.CommandRunner;
import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.HttpProbe;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Two machines in containers, set up by the commands of docs/how-to/vm.md and docs/how-to/pair.md,
 * with a Consul server and three web nodes beside them. Used by one thread.
 */
final class BalancerPair {
  static final String LB1 = "lb1";
  static final String LB2 = "lb2";
  static final int NODES = 3;

  private static final String CONSUL = "consul";
  private static final int START_SECONDS = 120;
  private static final Pattern COMMANDS = Pattern.compile("(?ms)^```sh\n(.*?)^```$");

  private final String project = MeasurementRun.environment("COMPOSE_PROJECT_NAME");

  /** Its first three numbers, with a dot. */
  private final String prefix = MeasurementRun.environment("PAIR_PREFIX");

  private final MeasurementRun session;
  private final String image;
  private final HttpProbe probe = HttpProbe.within(Duration.ofSeconds(2));

  private BalancerPair(MeasurementRun session) {
    this.session = session;
    image = session.fact("LB_DEB_IMAGE");
  }

  /** Starts all of it; it is taken away at the end of the session. */
  static BalancerPair start(MeasurementRun session) {
    BalancerPair pair = new BalancerPair(session);
    session.atEnd(pair::takeAway);
    pair.takeAway();
    session.step("start two machines, Consul and " + NODES + " nodes", pair::startContainers);
    session.step("set up the machines by docs/how-to/vm.md and docs/how-to/pair.md", pair::setUp);
    pair.awaitReady();
    return pair;
  }

  private void startContainers() {
    commands()
        .runOrFail(
            List.of(
                "docker",
                "network",
                "create",
                "--subnet",
                prefix + "0/24",
                "--label",
                label(),
                project));
    machine(LB1, 11);
    machine(LB2, 12);
    machine(CONSUL, 20);
    Stream.of(LB1, LB2, CONSUL).forEach(this::awaitBoot);
    consul(CONSUL, "-server -bootstrap -client 0.0.0.0");
    String node =
        "rollcall/web-node:" + MeasurementRun.environment("ROLLCALL_TAG", "latest") + "-trial";
    for (int i = 1; i <= NODES; i++) {
      commands()
          .runOrFail(
              List.of(
                  "docker",
                  "run",
                  "-d",
                  "--pull",
                  "never",
                  "--init",
                  "--name",
                  node(i),
                  "--label",
                  label(),
                  "--network",
                  project,
                  "-e",
                  "CONSUL_HTTP_ADDR=http://" + prefix + "20:8500",
                  node));
    }
  }

  private void machine(String name, int host) {
    commands()
        .runOrFail(
            List.of(
                "docker",
                "run",
                "-d",
                "--pull",
                "never",
                "--name",
                container(name),
                "--hostname",
                name,
                "--label",
                label(),
                "--network",
                project,
                "--ip",
                prefix + host,
                "--cap-add",
                "SYS_ADMIN",
                "--cap-add",
                "NET_ADMIN",
                "--security-opt",
                "seccomp=unconfined",
                "--security-opt",
                "apparmor=unconfined",
                "--cgroupns",
                "private",
                "--tmpfs",
                "/run",
                "--tmpfs",
                "/run/lock",
                "--tmpfs",
                "/tmp",
                image));
  }

  private void setUp() {
    List<String> attached = blocks("how-to/vm.md", "Attached to Debian's haproxy.service");
    for (String machine : List.of(LB1, LB2)) {
      consul(machine, "-retry-join " + prefix + "20");
      commands()
          .runOrFail(
              List.of("docker", "cp", deb().toString(), container(machine) + ":/root/lb.deb"));
      on(machine, "dpkg -i /root/lb.deb");
      on(machine, attached.get(0));
      on(machine, attached.get(1));
      blocks("how-to/pair.md", "The same HAProxy on both machines")
          .forEach(commands -> on(machine, commands));
    }
    for (String machine : List.of(LB1, LB2)) {
      on(machine, blocks("how-to/pair.md", "One address").get(0));
    }
  }

  private Path deb() {
    Path target = session.root().resolve("lb-renderer/target");
    try (DirectoryStream<Path> found = Files.newDirectoryStream(target, "lb-renderer_*_all.deb")) {
      return found.iterator().next();
    } catch (IOException | NoSuchElementException e) {
      throw new ExitException(
          ExitException.FAILED, "no .deb of lb-renderer in " + target + ": leave out --no-build");
    }
  }

  /** The commands of a page of docs/ below a heading, with the addresses of this pair. */
  List<String> blocks(String page, String heading) {
    String text;
    try {
      text = Files.readString(session.root().resolve("docs").resolve(page));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String section =
        Stream.of(text.split("(?m)^## ", -1))
            .filter(part -> part.startsWith(heading + "\n"))
            .findFirst()
            .orElseThrow(() -> new ExitException(ExitException.FAILED, page + ": no " + heading));
    Matcher block = COMMANDS.matcher(section.replace("192.0.2.", prefix));
    List<String> blocks = new ArrayList<>();
    while (block.find()) {
      blocks.add(block.group(1));
    }
    return blocks;
  }

  private void consul(String machine, String options) {
    on(
        machine,
        """
        cat > /etc/systemd/system/consul.service <<'END'
        [Service]
        ExecStart=/usr/bin/consul agent -data-dir /var/lib/consul -log-level=warn -bind '{{GetInterfaceIP "eth0"}}' %s
        Restart=on-failure
        [Install]
        WantedBy=multi-user.target
        END
        systemctl daemon-reload
        systemctl enable --now consul
        curl -fsS -o /dev/null --retry 60 --retry-all-errors --retry-delay 1 127.0.0.1:8500/v1/status/leader
        """
            .formatted(options));
  }

  /** Root's commands on a machine, as a shell runs them; a failure ends the run. */
  void on(String machine, String commands) {
    commands().runOrFail(shell(machine, commands));
  }

  /** The same; true if they succeed. */
  boolean succeeds(String machine, String commands) {
    return commands().run(shell(machine, commands));
  }

  private List<String> shell(String machine, String commands) {
    return List.of("docker", "exec", container(machine), "bash", "-euc", commands);
  }

  /** As when its power fails: nobody hears from it any more, not even that a connection ends. */
  void powerOff(String machine) {
    on(machine, "ip link set eth0 down");
    commands().runOrFail(List.of("docker", "kill", container(machine)));
  }

  /** Boots again with what it has on its disk. */
  void powerOn(String machine) {
    commands().runOrFail(List.of("docker", "start", container(machine)));
  }

  private void awaitBoot(String machine) {
    if (!Waiting.until(
        START_SECONDS,
        () -> succeeds(machine, "systemctl is-system-running | grep -Eq 'running|degraded'"))) {
      throw new ExitException(
          ExitException.NOT_STARTED, container(machine) + " does not boot; see " + session.log());
    }
  }

  /** Both machines are as they should be, and one of them has the address. */
  void awaitReady() {
    if (!Waiting.until(START_SECONDS, this::isWhole)) {
      throw new ExitException(
          ExitException.NOT_STARTED,
          "the pair is not ready after %d s; see %s".formatted(START_SECONDS, session.log()));
    }
  }

  /** Both machines serve all nodes, and one of them has the address. */
  boolean isWhole() {
    return isReady(LB1) && isReady(LB2) && hasAddress(LB1) != hasAddress(LB2) && serves();
  }

  /** A machine could serve: its programs run, and HAProxy calls every node up. */
  boolean isReady(String machine) {
    return succeeds(
        machine,
        "systemctl is-active --quiet keepalived; curl -fs -o /dev/null -m 1 127.0.0.1:8404/readyz;"
            + " test $(curl -fs -m 1 127.0.0.1:8404/live | grep -o '\"state\":\"UP\"' | wc -l) -ge "
            + NODES);
  }

  boolean hasAddress(String machine) {
    return succeeds(machine, "ip -o address show to " + address() + " | grep -q .");
  }

  /** The machine that has the address, if one has. */
  Optional<String> withAddress() {
    return Stream.of(LB1, LB2).filter(this::hasAddress).findFirst();
  }

  static String other(String machine) {
    return machine.equals(LB1) ? LB2 : LB1;
  }

  /** The shared address. */
  String address() {
    return prefix + "10";
  }

  String url() {
    return "http://" + address() + "/";
  }

  boolean serves() {
    return probe.body(url()).isPresent();
  }

  /** Follows what the nodes log. */
  Process followDeliveries(Path file) {
    StringBuilder script = new StringBuilder();
    for (int i = 1; i <= NODES; i++) {
      script.append("docker logs --follow ").append(node(i)).append(" & ");
    }
    return commands().start(file, List.of("bash", "-c", script + "wait"));
  }

  /** What the figures are of. */
  String description() {
    return "%s, HAProxy %s, keepalived %s, %s"
        .formatted(
            image,
            read("haproxy -v | sed -n 's/^HAProxy version \\([^ ]*\\).*/\\1/p'"),
            read("keepalived --version 2>&1 | sed -n 's/^Keepalived v\\([^ ]*\\).*/\\1/p'"),
            Path.of(session.fact("JMETER")).getFileName());
  }

  private String read(String commands) {
    return commands().read(shell(LB1, commands).toArray(String[]::new));
  }

  CommandRunner commands() {
    return session.commands();
  }

  MeasurementRun session() {
    return session;
  }

  private String container(String machine) {
    return project + "-" + machine;
  }

  private String node(int number) {
    return project + "-node" + number;
  }

  private String label() {
    return "dev.rollcall.pair=" + project;
  }

  private void takeAway() {
    List<String> containers =
        commands().call(List.of("docker", "ps", "-aq", "--filter", "label=" + label())).lines();
    if (!containers.isEmpty()) {
      List<String> words = new ArrayList<>(List.of("docker", "rm", "-f", "-v"));
      words.addAll(containers);
      commands().run(words);
    }
    if (!commands()
        .call(List.of("docker", "network", "ls", "-q", "--filter", "label=" + label()))
        .lines()
        .isEmpty()) {
      commands().run("docker", "network", "rm", project);
    }
  }
}
