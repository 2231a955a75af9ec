package dev.rollcall.discovery.spring;

import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.Environment;

/** Which paths are those of health checks and the like, each with all below it. Immutable. */
record IgnoredPaths(List<String> paths) implements Predicate<String> {

  IgnoredPaths {
    paths = List.copyOf(paths);
  }

  /**
   * The paths that the property names, or those at which Actuator answers. An application whose
   * Actuator has no base path has no path that is Actuator's alone.
   */
  static IgnoredPaths of(@Nullable List<String> configured, Environment environment) {
    if (configured != null) {
      return new IgnoredPaths(configured);
    }
    String base = environment.getProperty("management.endpoints.web.base-path", "/actuator");
    return new IgnoredPaths(
        Stream.of(base, "/livez", "/readyz")
            .filter(path -> path.startsWith("/") && path.length() > 1)
            .toList());
  }

  @Override
  public boolean test(String path) {
    return paths.stream().anyMatch(each -> path.equals(each) || path.startsWith(each + "/"));
  }
}
