package dev.rollcall.lb.update;

import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Volume;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.testcontainers.containers.GenericContainer;

/**
 * Mounts of this machine's directories. Testcontainers' own way runs an image of its own first, to
 * find out whether they work.
 */
final class HostMounts {

  private HostMounts() {}

  static Bind writable(String here, String inside) {
    return new Bind(here, new Volume(inside), AccessMode.rw);
  }

  static Bind readOnly(String here, String inside) {
    return new Bind(here, new Volume(inside), AccessMode.ro);
  }

  static void into(GenericContainer<?> container, List<Bind> mounts) {
    container.withCreateContainerCmdModifier(
        command -> {
          var host = Objects.requireNonNull(command.getHostConfig());
          Bind[] others = host.getBinds() == null ? new Bind[0] : host.getBinds();
          host.withBinds(Stream.concat(Stream.of(others), mounts.stream()).toList());
        });
  }
}
