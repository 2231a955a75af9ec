package dev.rollcall.system;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Images of programs, built on {@code rollcall/launcher} of this build. */
final class LauncherImages {
  private LauncherImages() {}

  /**
   * Builds one; the test is left out where the Java image has no apt-get, as the stand-in that
   * plain Maven is given.
   */
  static String build(String name, String directory) {
    String launcher = "rollcall/launcher:" + Stack.builtTag();
    String image = "rollcall/" + name + ":" + Stack.builtTag();
    assumeTrue(
        Command.of("docker", "run", "--rm", "--network", "none", "--entrypoint", "apt-get")
                .and(launcher, "--version")
                .run()
                .exit()
            == 0,
        launcher + " has no apt-get");
    Command.of("docker", "buildx", "build", "--load", "-t", image)
        .and("--label", "dev.rollcall.part=" + name, "--build-arg", "LAUNCHER_IMAGE=" + launcher)
        .and(directory)
        .run()
        .orFail();
    return image;
  }
}
