package dev.rollcall.measure.versions;

import dev.rollcall.measure.versions.TestReport.Case;
import dev.rollcall.measure.versions.TestReport.Result;
import dev.rollcall.measure.versions.VersionTable.Row;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Counts tests by what they ran with. A test of a class that runs with several images of HAProxy
 * has the number of its image in its name, {@code method()[2]}; what runs with one ran with that of
 * its run. Not thread-safe.
 */
final class TestCounts {

  private static final Set<String> WITH_HAPROXY = Set.of("lb-renderer", "compose");
  private static final String COMPOSE = "compose";

  /** In the order in which lb-renderer's tests take them (its class TestImages). */
  private static final List<String> HAPROXIES =
      List.of(
          "rollcall.image.haproxy",
          "rollcall.image.haproxy.3_2",
          "rollcall.image.haproxy.3_4",
          "rollcall.image.haproxy.old");

  private static final Pattern NUMBER = Pattern.compile("\\)\\[(\\d+)]");

  private record Key(String product, String version, String tests) {}

  private final Map<Key, Map<Result, Long>> counts = new LinkedHashMap<>();
  private final UnaryOperator<String> versionIn;

  /**
   * Counts nothing yet.
   *
   * @param versionIn the version of the program in an image
   */
  TestCounts(UnaryOperator<String> versionIn) {
    this.versionIn = versionIn;
  }

  /** Counts a report of a module's tests; of a part of them, run once more, what differs. */
  void add(String module, String tests, TestReport report, String engine, String compose) {
    Map<String, String> properties = report.properties();
    boolean several = report.cases().stream().anyMatch(test -> test.name().contains("()["));
    for (Case test : report.cases()) {
      image(properties, "rollcall.image.consul").ifPresent(i -> count("Consul", i, tests, test));
      if (!tests.equals(module)) {
        continue;
      }
      if (WITH_HAPROXY.contains(module)) {
        haproxy(test, several, properties).ifPresent(i -> count("HAProxy", i, tests, test));
      }
      Optional.ofNullable(properties.get("java.version"))
          .ifPresent(version -> add("Java, of the tests", version, tests, test));
      add("Docker Engine", engine, tests, test);
      if (module.equals(COMPOSE)) {
        add("Docker Compose", compose, tests, test);
        image(properties, "rollcall.image.jre")
            .ifPresent(i -> count("Java, in the images", i, tests, test));
      }
    }
  }

  /** One row for each version and kind of tests. */
  List<Row> rows(String when) {
    return counts.entrySet().stream()
        .map(
            each ->
                new Row(
                    each.getKey().product(),
                    each.getKey().version(),
                    each.getKey().tests(),
                    each.getValue().getOrDefault(Result.PASSED, 0L),
                    each.getValue().getOrDefault(Result.FAILED, 0L),
                    each.getValue().getOrDefault(Result.LEFT_OUT, 0L),
                    when))
        .toList();
  }

  private void count(String product, String image, String tests, Case test) {
    add(product, versionIn.apply(image), tests, test);
  }

  private void add(String product, String version, String tests, Case test) {
    counts
        .computeIfAbsent(
            new Key(product, version, tests), key -> new EnumMap<Result, Long>(Result.class))
        .merge(test.result(), 1L, Long::sum);
  }

  private static Optional<String> haproxy(
      Case test, boolean several, Map<String, String> properties) {
    Matcher number = NUMBER.matcher(test.name());
    int index = several && number.find() ? Integer.parseInt(number.group(1)) - 1 : 0;
    return HAPROXIES.stream()
        .flatMap(name -> image(properties, name).stream())
        .distinct()
        .skip(index)
        .findFirst();
  }

  /** An image that the run was given; Maven leaves what it was not given as it stands. */
  private static Optional<String> image(Map<String, String> properties, String name) {
    return Optional.ofNullable(properties.get(name))
        .map(image -> image.replaceFirst("^docker://", ""))
        .filter(image -> !image.isBlank() && !image.startsWith("${"));
  }
}
