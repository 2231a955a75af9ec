package dev.rollcall.test;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/** Programs of the tests' own class path, each in a JVM of its own. */
public final class JavaProcess {

  private JavaProcess() {}

  /**
   * {@return the process that runs a program} What it says is thrown away.
   *
   * @param program the class that has the method {@code main}
   * @param environment beside that of the tests
   * @throws IOException if it cannot be started
   */
  public static Process start(Class<?> program, Map<String, String> environment)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(Objects.requireNonNull(System.getProperty("java.home")), "bin", "java")
                .toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            Objects.requireNonNull(System.getProperty("java.class.path")),
            program.getName());
    builder.environment().putAll(environment);
    return builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }
}
