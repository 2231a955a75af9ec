package dev.rollcall.lb;

import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The picture in docs/explanation/architecture.md shows the packages and types that exist. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitecturePageTest {
  private static final Path ROOT = Path.of("..");
  private static final String PREFIX = "dev.rollcall.";
  private static final Pattern ROOM = Pattern.compile("(?m)^ +(\\w+)\\[\"([a-z.]+)\"\\]$");
  private static final Pattern ARROW = Pattern.compile("(?m)^ +(\\w+) -->(?:\\|[^|]+\\|)? (\\w+)$");
  private static final Pattern IMPORT =
      Pattern.compile("(?m)^import (?:static )?dev\\.rollcall\\.([a-z.]+)\\.[A-Z]");

  private static final Pattern IMPORTED_TYPE =
      Pattern.compile("(?m)^import (?:static )?dev\\.rollcall\\.([a-z.]+\\.[A-Z]\\w+)");

  /** A type's name in code style; tests are what DocsTest looks for. */
  private static final Pattern TYPE = Pattern.compile("`([A-Z]\\w+(?<!Test|IT))`");

  private String page = "";

  /** The text of every type in main code, by package and name. */
  private final Map<String, Map<String, String>> sources = new TreeMap<>();

  @BeforeAll
  void readPageAndSources() throws IOException {
    page = Files.readString(ROOT.resolve("docs/explanation/architecture.md"));
    for (String module : List.of("discovery-core", "web-node", "lb-renderer")) {
      Path root = ROOT.resolve(module).resolve("src/main/java");
      try (Stream<Path> files = Files.walk(root)) {
        files
            .filter(file -> file.toString().endsWith(".java"))
            .filter(file -> !file.endsWith("package-info.java"))
            .forEach(file -> add(root.relativize(file), file));
      }
    }
  }

  private void add(Path name, Path file) {
    String room =
        Objects.requireNonNull(name.getParent())
            .toString()
            .replace('/', '.')
            .substring(PREFIX.length());
    String type = name.getFileName().toString().replace(".java", "");
    try {
      sources.computeIfAbsent(room, any -> new TreeMap<>()).put(type, Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Map<String, String> rooms() {
    return ROOM.matcher(page)
        .results()
        .collect(toMap(room -> room.group(1), room -> room.group(2)));
  }

  private Set<String> usedBy(String room) {
    Set<String> used = new TreeSet<>();
    sources
        .getOrDefault(room, Map.of())
        .values()
        .forEach(
            source ->
                IMPORT.matcher(source).results().map(found -> found.group(1)).forEach(used::add));
    return used;
  }

  @Test
  void thePictureHasEveryPackageAndNoOther() {
    assertThat(rooms().values()).containsExactlyInAnyOrderElementsOf(sources.keySet());
  }

  @Test
  void everyArrowJoinsTwoRoomsOfWhichOneUsesTheOther() {
    Map<String, String> rooms = rooms();
    List<String> wrong = new ArrayList<>();
    for (MatchResult arrow : ARROW.matcher(page).results().toList()) {
      String from = rooms.get(arrow.group(1));
      String to = rooms.get(arrow.group(2));
      if (from != null && to != null && !usedBy(from).contains(to) && !usedBy(to).contains(from)) {
        wrong.add(from + " --> " + to);
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void everyTypeThatTheTextNamesExists() {
    Set<String> types = new TreeSet<>();
    sources.values().forEach(room -> types.addAll(room.keySet()));
    assertThat(TYPE.matcher(page).results().map(found -> found.group(1)).toList())
        .isNotEmpty()
        .isSubsetOf(types);
  }

  /** How many files of discovery-core stand above one another, by their imports. */
  @Test
  void theLongestChainOfImportsInDiscoveryCoreHasAtMostEightFiles() {
    Map<String, Set<String>> imports = new TreeMap<>();
    sources.forEach(
        (room, types) -> {
          if (room.startsWith("discovery") && !room.equals("discovery.testing")) {
            types.forEach((type, text) -> imports.put(room + "." + type, importsOf(text)));
          }
        });
    Map<String, Integer> heights = new TreeMap<>();
    imports.keySet().forEach(type -> height(type, imports, heights));
    assertThat(heights.values()).isNotEmpty().allMatch(height -> height <= 8);
  }

  private static Set<String> importsOf(String text) {
    return IMPORTED_TYPE
        .matcher(text)
        .results()
        .map(found -> found.group(1))
        .collect(toCollection(TreeSet::new));
  }

  private static int height(
      String type, Map<String, Set<String>> imports, Map<String, Integer> heights) {
    Integer known = heights.get(type);
    if (known != null) {
      assertThat(known).as("height of %s, which imports itself by others", type).isPositive();
      return known;
    }
    heights.put(type, 0);
    int below = 0;
    for (String imported : imports.getOrDefault(type, Set.of())) {
      if (imports.containsKey(imported)) {
        below = Math.max(below, height(imported, imports, heights));
      }
    }
    heights.put(type, below + 1);
    return below + 1;
  }
}
