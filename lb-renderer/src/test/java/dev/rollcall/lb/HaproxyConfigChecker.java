package dev.rollcall.lb;

import dev.rollcall.lb.haproxy.SelfSignedCertificate;
import java.io.IOException;
import java.util.Map;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;

/** A HAProxy that judges configurations and serves nothing; it has a certificate. */
final class HaproxyConfigChecker extends GenericContainer<HaproxyConfigChecker> {
  HaproxyConfigChecker(String image) {
    super(DockerImageName.parse(image));
    withCreateContainerCmdModifier(command -> command.withEntrypoint("sleep", "3600"));
    withCopyToContainer(
        Transferable.of(SelfSignedCertificate.pem()), "/etc/haproxy/certs/site.pem");
    withLabels(Map.of("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid())));
  }

  /**
   * What HAProxy says to a configuration, warnings being errors; empty if it has nothing against
   * it.
   */
  String judge(String configuration) throws IOException, InterruptedException {
    copyFileToContainer(Transferable.of(configuration), "/tmp/haproxy.cfg");
    ExecResult result = execInContainer("haproxy", "-dW", "-c", "-f", "/tmp/haproxy.cfg");
    String said =
        (result.getStdout() + result.getStderr())
            .replace("Configuration file is valid", "")
            .strip();
    return result.getExitCode() == 0 ? said : "exit code " + result.getExitCode() + ": " + said;
  }
}
