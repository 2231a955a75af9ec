package dev.rollcall.lb.vm;

import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.utility.MountableFile;

/**
 * A Debian system that systemd runs, in a container, with HAProxy of that Debian, Consul, and
 * lb-renderer's .deb in {@code /root}. That of {@link #of} has no network, Consul runs, and two web
 * servers listen on the ports 8081 and 8082.
 */
final class Vm implements AutoCloseable {
  private static final Duration BOOT = Duration.ofSeconds(60);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final String WEB_SERVERS =
      """
      defaults
        mode http
        timeout client 5s
        timeout server 5s
        timeout connect 1s
      frontend a
        bind 127.0.0.1:8081
        http-request return status 200 content-type text/plain string "node-a\\n"
      frontend b
        bind 127.0.0.1:8082
        http-request return status 200 content-type text/plain string "node-b\\n"
      """;

  private final GenericContainer<?> container;

  private Vm(GenericContainer<?> container) {
    this.container = container;
  }

  static Vm of(String image) throws IOException {
    Vm vm = boot(container(image, "vm").withNetworkMode("none"));
    vm.run("cat > /root/web.cfg <<'END'\n" + WEB_SERVERS + "END");
    vm.run("haproxy -D -f /root/web.cfg -p /root/web.pid");
    vm.run("systemd-run -q --unit=consul-dev consul agent -dev -log-level=err");
    vm.eventually("curl -sf 127.0.0.1:8500/v1/status/leader | grep -q :");
    return vm;
  }

  /** One in a network, which it may configure, with nothing set up. */
  static Vm in(Network network, String image, String hostName, String address) throws IOException {
    return boot(
        container(image, hostName, Capability.NET_ADMIN)
            .withNetwork(network)
            .withCreateContainerCmdModifier(command -> command.withIpv4Address(address)));
  }

  private static GenericContainer<?> container(String image, String hostName, Capability... more)
      throws IOException {
    // Without this one systemd cannot give a service mounts and a seccomp filter of its own.
    Capability[] capabilities =
        Stream.concat(Stream.of(Capability.SYS_ADMIN), Stream.of(more)).toArray(Capability[]::new);
    return new GenericContainer<>(image)
        .withImagePullPolicy(name -> false)
        .withLabel("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid()))
        .withTmpFs(Map.of("/run", "rw", "/run/lock", "rw", "/tmp", "rw"))
        .withCopyFileToContainer(MountableFile.forHostPath(deb()), "/root/lb-renderer.deb")
        .withCreateContainerCmdModifier(
            command -> {
              HostConfig host = command.getHostConfig();
              if (host != null) {
                host.withCapAdd(capabilities)
                    .withSecurityOpts(List.of("seccomp=unconfined", "apparmor=unconfined"))
                    .withCgroupnsMode("private");
              }
              command.withHostName(hostName);
            });
  }

  private static Vm boot(GenericContainer<?> container) {
    container.start();
    Vm vm = new Vm(container);
    vm.awaitBoot();
    return vm;
  }

  private void awaitBoot() {
    eventually(BOOT, "systemctl is-system-running | grep -Eq 'running|degraded'");
  }

  /** As when its power fails: nobody hears from it any more, not even that a connection ends. */
  void powerOff() {
    run("ip link set eth0 down");
    container.getDockerClient().killContainerCmd(container.getContainerId()).exec();
  }

  /** After {@link #powerOff}: the same machine boots with what it has on its disk. */
  void powerOn() {
    container.getDockerClient().startContainerCmd(container.getContainerId()).exec();
    awaitBoot();
  }

  private static Path deb() throws IOException {
    try (DirectoryStream<Path> found =
        Files.newDirectoryStream(Path.of("target"), "lb-renderer_*_all.deb")) {
      return found.iterator().next().toAbsolutePath();
    }
  }

  void join(String node, int port) {
    run(
        "curl -sf -X PUT 127.0.0.1:8500/v1/agent/service/register -d"
            + " '{\"Name\":\"web\",\"ID\":\"web-%s\",\"Address\":\"127.0.0.1\",\"Port\":%d}'"
                .formatted(node, port));
  }

  void leave(String node) {
    run("curl -sf -X PUT 127.0.0.1:8500/v1/agent/service/deregister/web-" + node);
  }

  /** What a shell script of root's prints; its failure is the test's. */
  String run(String script) {
    ExecResult done = exec(script);
    if (done.getExitCode() != 0) {
      throw new AssertionError("%s%n%s".formatted(script, shown(done)));
    }
    return done.getStdout().strip();
  }

  ExecResult exec(String script) {
    try {
      return container.execInContainer("bash", "-euc", script);
    } catch (IOException e) {
      throw new AssertionError(script, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(script, e);
    }
  }

  void eventually(String script) {
    eventually(PATIENCE, script);
  }

  private void eventually(Duration limit, String script) {
    Awaitility.await(script)
        .atMost(limit)
        .pollInterval(Duration.ofMillis(200))
        .untilAsserted(() -> run(script));
  }

  /** The journal of a unit, for the message of a failed test. */
  String journal(String unit) {
    return run("journalctl --no-pager -u " + unit + " | tail -n 40");
  }

  @Override
  public void close() {
    container.stop();
  }

  private static String shown(ExecResult done) {
    return "ended with %d%n%s%n%s"
        .formatted(done.getExitCode(), done.getStdout(), done.getStderr());
  }
}
