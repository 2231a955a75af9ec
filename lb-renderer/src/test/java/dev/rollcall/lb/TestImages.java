package dev.rollcall.lb;

import dev.rollcall.test.Images;
import java.util.List;
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
    return Images.consul();
  }

  /** The HAProxy that is changed while it runs. */
  public static String haproxy() {
    return Images.namedOrPinned("HAPROXY_IMAGE");
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
    return Images.named("HAPROXY_JAVA_IMAGE").orElse("rollcall/haproxy-java:" + tag);
  }

  /** The same with each HAProxy of which there is such an image. */
  public static List<String> haproxiesWithJava() {
    return with(haproxyWithJava(), "HAPROXY_3_2_JAVA_IMAGE", "HAPROXY_3_4_JAVA_IMAGE");
  }

  private static List<String> with(String first, String... variables) {
    Stream<String> others =
        Stream.of(variables).flatMap(variable -> Images.named(variable).stream());
    return Stream.concat(Stream.of(first), others).distinct().toList();
  }
}
