package dev.rollcall.lb.update;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.testcontainers.utility.DockerImageName;

/** The images that the tests run; the environment names others. */
final class HaproxyImages {

  private static final String HAPROXY = named("HAPROXY_IMAGE", "haproxy:3.2.22");

  private HaproxyImages() {}

  /** Each HAProxy that there is: the usual one and, where they are named, an old and a new one. */
  static List<String> haproxies() {
    Set<String> images = new LinkedHashSet<>();
    Stream.of(HAPROXY, named("HAPROXY_OLD_IMAGE", ""), named("HAPROXY_NEW_IMAGE", ""))
        .filter(image -> !image.isEmpty())
        .forEach(images::add);
    return List.copyOf(images);
  }

  /** HAProxy and a Java runtime in one. */
  static DockerImageName haproxyWithJava() {
    String tag = DockerImageName.parse(HAPROXY).getVersionPart();
    return DockerImageName.parse(named("HAPROXY_JAVA_IMAGE", "rollcall/haproxy-java:" + tag));
  }

  private static String named(String variable, String otherwise) {
    String value = System.getenv(variable);
    return value == null || value.isBlank() ? otherwise : value;
  }
}
