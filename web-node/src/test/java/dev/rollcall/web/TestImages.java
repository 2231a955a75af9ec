package dev.rollcall.web;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.testcontainers.utility.DockerImageName;

/** Which image the tests run. */
final class TestImages {

  private TestImages() {}

  /** What {@code CONSUL_IMAGE} names, else what {@code compose.yml} pins. */
  static DockerImageName consul() {
    String named = System.getenv("CONSUL_IMAGE");
    return DockerImageName.parse(named == null || named.isBlank() ? pinned() : named);
  }

  private static String pinned() {
    Path file = Path.of("../compose/compose.yml");
    try {
      Matcher pin = Pattern.compile("\\$\\{CONSUL_IMAGE:-(.+?)}").matcher(Files.readString(file));
      if (!pin.find()) {
        throw new IllegalStateException(file + " pins no CONSUL_IMAGE");
      }
      return pin.group(1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
