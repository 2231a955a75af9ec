package dev.rollcall.lb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.testcontainers.utility.DockerImageName;

/**
 * Which images the tests run: those that the environment names, else what {@code compose.yml} pins.
 * {@code docs/reference/build.md} has the variables.
 */
public final class TestImages {

  /** The variable that names a HAProxy from before servers could safely be changed. */
  public static final String OLD_HAPROXY = "HAPROXY_OLD_IMAGE";

  private TestImages() {}

  /** The Consul that is asked. */
  public static DockerImageName consul() {
    return DockerImageName.parse(named("CONSUL_IMAGE").orElseGet(() -> pinned("CONSUL_IMAGE")));
  }

  /** The HAProxy that is changed while it runs. */
  public static String haproxy() {
    return named("HAPROXY_IMAGE").orElseGet(() -> pinned("HAPROXY_IMAGE"));
  }

  /** Every HAProxy whose servers are changed while it runs: that one, and newer ones if named. */
  public static List<String> changeableHaproxies() {
    return with(haproxy(), "HAPROXY_3_2_IMAGE", "HAPROXY_3_4_IMAGE");
  }

  /** Every HAProxy: these and, if it is named, one from before there were run-time changes. */
  public static List<String> haproxies() {
    return with(haproxy(), "HAPROXY_3_2_IMAGE", "HAPROXY_3_4_IMAGE", OLD_HAPROXY);
  }

  /** HAProxy and a Java runtime in one. */
  public static String haproxyWithJava() {
    String tag = DockerImageName.parse(haproxy()).getVersionPart();
    return named("HAPROXY_JAVA_IMAGE").orElse("rollcall/haproxy-java:" + tag);
  }

  /** The same with each HAProxy of which there is such an image. */
  public static List<String> haproxiesWithJava() {
    return with(haproxyWithJava(), "HAPROXY_3_2_JAVA_IMAGE", "HAPROXY_3_4_JAVA_IMAGE");
  }

  private static List<String> with(String first, String... variables) {
    Stream<String> others = Stream.of(variables).flatMap(variable -> named(variable).stream());
    return Stream.concat(Stream.of(first), others).distinct().toList();
  }

  private static Optional<String> named(String variable) {
    return Optional.ofNullable(System.getenv(variable)).filter(image -> !image.isBlank());
  }

  private static String pinned(String variable) {
    Path file = Path.of("../compose/compose.yml");
    try {
      Matcher pin =
          Pattern.compile("\\$\\{" + variable + ":-(.+?)}").matcher(Files.readString(file));
      if (!pin.find()) {
        throw new IllegalStateException(file + " pins no " + variable);
      }
      return pin.group(1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
