package dev.rollcall.lb.update;

import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.Ports;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/**
 * An HAProxy that somebody else runs: its configuration and its master socket lie in a directory.
 */
public final class HaproxyContainer extends GenericContainer<HaproxyContainer> {

  private static final String SHARED = "/shared";

  public HaproxyContainer(String image, Path directory) {
    this(image, directory, "operator");
  }

  /** With a master socket of a level: {@code operator} may reload, {@code admin} change servers. */
  public HaproxyContainer(String image, Path directory, String level) {
    super(DockerImageName.parse(image));
    withLabel("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid()));
    HostMounts.into(this, List.of(HostMounts.writable(directory.toString(), SHARED)));
    withCommand(
        "haproxy",
        "-W",
        "-db",
        "-S",
        SHARED + "/master.sock,mode,666,level," + level,
        "-f",
        SHARED + "/haproxy.cfg");
    withExposedPorts(SiteConfigs.PORT);
    waitingFor(Wait.forHttp("/").withStartupTimeout(Duration.ofSeconds(60)));
  }

  /**
   * Has another HAProxy run beside it, which plays the instances.
   *
   * @param file its configuration, in the same directory
   */
  public HaproxyContainer withInstances(String file) {
    String both = "haproxy -D -f " + SHARED + "/" + file + " && exec \"$@\"";
    withCommand(
        Stream.concat(Stream.of("sh", "-c", both, "sh"), Arrays.stream(getCommandParts()))
            .toArray(String[]::new));
    return this;
  }

  /** Where the site is now: another start, another port. */
  public URI site() {
    Ports.Binding[] bindings =
        getDockerClient()
            .inspectContainerCmd(getContainerId())
            .exec()
            .getNetworkSettings()
            .getPorts()
            .getBindings()
            .get(ExposedPort.tcp(SiteConfigs.PORT));
    if (bindings == null || bindings.length == 0) {
      throw new IllegalStateException("the site's port is not published");
    }
    return URI.create("http://" + getHost() + ":" + bindings[0].getHostPortSpec() + "/");
  }

  /** As {@code docker stop}. */
  public void halt() {
    getDockerClient().stopContainerCmd(getContainerId()).withTimeout(5).exec();
  }

  /** As {@code docker start}. */
  public void resume() {
    getDockerClient().startContainerCmd(getContainerId()).exec();
  }
}
