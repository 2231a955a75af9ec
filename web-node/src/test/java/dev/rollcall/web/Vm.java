package dev.rollcall.web;

import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.MountableFile;

/**
 * A Debian system that systemd runs, in a container without a network, with HAProxy and Consul of
 * that Debian and web-node's .deb in {@code /root}.
 */
final class Vm implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final GenericContainer<?> container;

  Vm(String image) throws IOException {
    container =
        new GenericContainer<>(image)
            .withImagePullPolicy(name -> false)
            .withNetworkMode("none")
            .withLabel("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid()))
            .withTmpFs(Map.of("/run", "rw", "/run/lock", "rw", "/tmp", "rw"))
            .withCopyFileToContainer(MountableFile.forHostPath(deb()), "/root/web-node.deb")
            .withCreateContainerCmdModifier(
                command -> {
                  HostConfig host = command.getHostConfig();
                  if (host != null) {
                    // What systemd needs to give a service mounts and a seccomp filter of its own.
                    host.withCapAdd(Capability.SYS_ADMIN)
                        .withSecurityOpts(List.of("seccomp=unconfined", "apparmor=unconfined"))
                        .withCgroupnsMode("private");
                  }
                  command.withHostName("vm");
                });
    container.start();
    eventually("systemctl is-system-running | grep -Eq 'running|degraded'");
  }

  /** What a shell script of root's prints; its failure is the test's. */
  String run(String script) {
    ExecResult done = exec(script);
    if (done.getExitCode() != 0) {
      String shown = "%s%nended with %d%n%s%n%s";
      throw new AssertionError(
          shown.formatted(script, done.getExitCode(), done.getStdout(), done.getStderr()));
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

  /** Waits until a script succeeds. */
  void eventually(String script) {
    Awaitility.await(script)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(() -> run(script));
  }

  @Override
  public void close() {
    container.stop();
  }

  private static Path deb() throws IOException {
    try (DirectoryStream<Path> found =
        Files.newDirectoryStream(Path.of("target"), "web-node_*_all.deb")) {
      return found.iterator().next().toAbsolutePath();
    }
  }
}
