package dev.rollcall.test;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.testcontainers.utility.DockerImageName;

/** Which images tests run: those that the environment names, else what {@code compose.yml} pins. */
public final class Images {

  private static final Path COMPOSE = Path.of("compose/compose.yml");

  private Images() {}

  /**
   * {@return what {@code CONSUL_IMAGE} names, else the Consul that is pinned}
   *
   * @throws IllegalStateException if there is neither
   */
  public static DockerImageName consul() {
    return DockerImageName.parse(namedOrPinned("CONSUL_IMAGE"));
  }

  /**
   * {@return the image that a variable of the environment names; empty if it is not set, or blank}
   *
   * @param variable its name
   */
  public static Optional<String> named(String variable) {
    return Optional.ofNullable(System.getenv(variable)).filter(image -> !image.isBlank());
  }

  /**
   * {@return the image that a variable of the environment names, else the one that {@code
   * compose.yml} pins under that name}
   *
   * @param variable its name
   * @throws IllegalStateException if there is neither
   */
  public static String namedOrPinned(String variable) {
    return named(variable).orElseGet(() -> pinned(variable));
  }

  private static String pinned(String variable) {
    Path file = Pages.fromRoot(COMPOSE);
    Matcher pin = Pattern.compile("\\$\\{" + variable + ":-(.+?)}").matcher(Pages.read(file));
    if (!pin.find()) {
      throw new IllegalStateException(file + " pins no " + variable);
    }
    return pin.group(1);
  }
}
