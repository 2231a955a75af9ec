package dev.rollcall.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.Pool;
import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.ServerNames;
import dev.rollcall.lb.template.TemplateEnvironment;
import dev.rollcall.lb.template.TemplateSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the pages promise of tests, places and renderings is there. */
class DocsTest {
  private static final Path ROOT = Path.of("..");
  private static final Path DOCS = ROOT.resolve("docs");
  private static final Path COMPLAINTS = DOCS.resolve("explanation/complaints.md");
  private static final Path THREATS = DOCS.resolve("explanation/threat-model.md");
  private static final Path MIGRATION = DOCS.resolve("how-to/from-consul-template.md");
  private static final Path TEMPLATE = DOCS.resolve("templates/from-consul-template.mustache");
  private static final Path TROUBLESHOOTING = DOCS.resolve("how-to/troubleshooting.md");
  private static final int SHORTEST_FRAGMENT = 8;
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  /**
   * A file or folder of compose/, but for those that appear when something runs or a reader writes
   * them.
   */
  private static final Pattern SCRIPT =
      Pattern.compile(
          "(?<![\\w/.])(compose/(?!secrets|(?:spring/)?target|\\.env|templates/front)[\\w/.-]*\\w)");

  private static final Pattern BLOCK = Pattern.compile("(?ms)^```.*?^```$");
  private static final Pattern CELL = Pattern.compile("(?<!\\\\)\\|");
  private static final Pattern TEST = Pattern.compile("`(\\w+(?:Test|IT))(?:\\.(\\w+))?`");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");

  /** A page that tells where its text is now. */
  private static final String MOVED = "This page moved to ";

  static List<Path> pages() throws IOException {
    List<Path> found = new ArrayList<>();
    for (Path directory : List.of(ROOT, ROOT.resolve("compose"), ROOT.resolve("compose/measure"))) {
      try (Stream<Path> files = Files.list(directory)) {
        files.filter(DocsTest::isPage).sorted().forEach(found::add);
      }
    }
    found.addAll(pagesOfDocs());
    return found;
  }

  private static List<Path> pagesOfDocs() throws IOException {
    try (Stream<Path> files = Files.walk(DOCS)) {
      return files.filter(DocsTest::isPage).sorted().toList();
    }
  }

  private static boolean isPage(Path file) {
    return file.toString().endsWith(".md");
  }

  /** The files that a page links to. */
  private static List<Path> linked(Path page) throws IOException {
    return LINK.matcher(Files.readString(page))
        .results()
        .map(link -> link.group(1).split("#", 2)[0])
        .filter(target -> !target.isEmpty() && !target.contains("://"))
        .map(target -> page.resolveSibling(target).normalize())
        .toList();
  }

  /** The sources of tests, of whatever module. */
  private static List<Path> tests() throws IOException {
    List<Path> found = new ArrayList<>();
    for (String module : List.of("discovery-core", "web-node", "lb-renderer", "compose")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
        files.filter(file -> file.toString().endsWith(".java")).forEach(found::add);
      }
    }
    return found;
  }

  /** The blocks of a page that are marked as of a language. */
  private static List<String> blocks(Path page, String language) throws IOException {
    return Pattern.compile("(?ms)^```" + language + "\\n(.*?)^```$")
        .matcher(Files.readString(page))
        .results()
        .map(found -> found.group(1))
        .toList();
  }

  /** The anchors of a page's headings, as GitHub makes them; those of its new pages if it moved. */
  private static List<String> anchors(Path page) throws IOException {
    if (Files.readString(page).startsWith(MOVED)) {
      List<String> moved = new ArrayList<>();
      for (Path target : linked(page)) {
        moved.addAll(anchors(target));
      }
      return moved;
    }
    return Files.readAllLines(page).stream()
        .filter(line -> line.startsWith("#"))
        .map(
            line ->
                line.replaceFirst("^#+ ", "")
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^a-z0-9 _-]", "")
                    .replace(' ', '-'))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("pages")
  void leadSomewhere(Path page) throws IOException {
    for (MatchResult link : LINK.matcher(Files.readString(page)).results().toList()) {
      String target = link.group(1);
      if (target.contains("://")) {
        continue;
      }
      String[] parts = target.split("#", 2);
      Path file = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
      assertThat(file).as("%s: %s", page, target).exists();
      if (parts.length > 1) {
        assertThat(anchors(file)).as("%s: %s", page, target).contains(parts[1]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyRowHasAsManyCellsAsItsHeading(Path page) throws IOException {
    String text = BLOCK.matcher(Files.readString(page)).replaceAll("");
    long cells = 0;
    for (String line : text.lines().toList()) {
      long found = line.startsWith("|") ? CELL.matcher(line).results().count() : 0;
      if (cells > 0 && found > 0) {
        assertThat(found).as("%s: %s", page, line).isEqualTo(cells);
      }
      cells = found;
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyScriptThatIsNamedIsThere(Path page) throws IOException {
    for (MatchResult named : SCRIPT.matcher(Files.readString(page)).results().toList()) {
      assertThat(ROOT.resolve(named.group(1))).as("%s: %s", page, named.group(1)).exists();
    }
  }

  @Test
  void theMapHasEveryPage() throws IOException {
    Path map = DOCS.resolve("README.md");
    List<Path> pages = new ArrayList<>();
    for (Path page : pagesOfDocs()) {
      if (!page.equals(map) && !Files.readString(page).startsWith(MOVED)) {
        pages.add(page.normalize());
      }
    }
    assertThat(linked(map)).containsAll(pages);
  }

  @Test
  void everyComplaintHasAnAnswerThatIsShownSomewhere() throws IOException {
    List<String> rows =
        Files.readAllLines(COMPLAINTS).stream()
            .filter(line -> line.matches("\\| [0-9]+ \\|.*"))
            .toList();
    assertThat(rows)
        .extracting(row -> Integer.valueOf(row.split("\\|", -1)[1].strip()))
        .isEqualTo(IntStream.rangeClosed(1, 25).boxed().toList());
    for (String row : rows) {
      String shownBy = row.split("\\|", -1)[4];
      assertThat(TEST.matcher(shownBy).find() || LINK.matcher(shownBy).find()).as(row).isTrue();
    }
  }

  /** Messages that one of our programs writes; Consul's and Docker's own have other sources. */
  @Test
  void troubleshootingExplainsOnlyMessagesThatAreWritten() throws IOException {
    List<String> messages =
        Files.readAllLines(TROUBLESHOOTING).stream()
            .filter(line -> line.startsWith("| `"))
            .map(line -> line.split("(?<!\\\\)\\|", -1)[1])
            .flatMap(cell -> CODE.matcher(cell).results().map(found -> found.group(1)))
            .filter(message -> !message.startsWith("403 "))
            .toList();
    assertThat(messages).hasSizeGreaterThan(20);
    String text = programs();
    for (String message : messages) {
      for (String fragment : message.split("…", -1)) {
        if (fragment.strip().length() >= SHORTEST_FRAGMENT) {
          assertThat(text.contains(fragment)).as("%s: '%s'", message, fragment).isTrue();
        }
      }
    }
  }

  /** The main code and the scripts, with texts that are written in parts put together. */
  private static String programs() throws IOException {
    List<Path> found = new ArrayList<>();
    for (String directory :
        List.of(
            "discovery-core/src/main/java",
            "web-node/src/main/java",
            "web-node/launcher/src/main/java",
            "lb-renderer/src/main/java",
            "compose/src/test/java/dev/rollcall/rollout",
            "compose/tools/lib")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(directory))) {
        files.filter(Files::isRegularFile).forEach(found::add);
      }
    }
    found.add(ROOT.resolve("compose/tools/engine"));
    StringBuilder text = new StringBuilder();
    for (Path file : found) {
      text.append(Files.readString(file)).append('\n');
    }
    return text.toString().replaceAll("\"\\s*\\+\\s*\"", "");
  }

  static List<Path> pagesThatNameTests() {
    return List.of(COMPLAINTS, THREATS);
  }

  @ParameterizedTest
  @MethodSource("pagesThatNameTests")
  void everyTestThatIsNamedIsThere(Path page) throws IOException {
    List<MatchResult> named = TEST.matcher(Files.readString(page)).results().toList();
    assertThat(named).hasSizeGreaterThan(20);
    List<Path> all = tests();
    for (MatchResult test : named) {
      List<Path> files =
          all.stream().filter(file -> file.endsWith(test.group(1) + ".java")).toList();
      assertThat(files).as(test.group()).isNotEmpty();
      if (test.group(2) != null) {
        assertThat(files)
            .as(test.group())
            .anySatisfy(
                file -> assertThat(file).content().containsPattern("[ >]" + test.group(2) + "\\("));
      }
    }
  }

  @Test
  void theMigratedTemplateRendersWhatItsPageShows() throws Exception {
    String template = Files.readString(TEMPLATE);
    String shown = blocks(MIGRATION, "mustache").get(0);
    assertThat(template).endsWith(shown);
    CatalogSnapshot view =
        CatalogSnapshot.of(
            Map.of(
                "web",
                Pool.of(
                    List.of(
                        instance("web-1", "198.18.0.11", 10, List.of(), "leastconn"),
                        instance("web-2", "198.18.0.12", 20, List.of("backup"), "leastconn"),
                        instance("web-3", "198.18.0.13", 1, List.of("canary"), "")))));
    String text =
        HaproxyTemplate.compile(
                TEMPLATE.toString(),
                TemplateSource.of(TEMPLATE).read(),
                new TemplateEnvironment(Map.of()))
            .render(view, ServerNames.NONE)
            .text();
    assertThat(text).endsWith(blocks(MIGRATION, "haproxy").get(0));
  }

  @Test
  void theTemplateForThoseWhoComeFromFabioSplitsAServiceByItsTag() throws Exception {
    CatalogSnapshot view =
        CatalogSnapshot.of(
            Map.of(
                "shop",
                Pool.of(
                    List.of(
                        instance("shop-1", "198.18.0.11", 95, List.of("urlprefix-shop/"), ""),
                        instance("shop-2", "198.18.0.12", 95, List.of("green"), "")))));
    Path template = DOCS.resolve("templates/from-fabio.mustache");
    String text =
        HaproxyTemplate.compile(
                template.toString(),
                TemplateSource.of(template).read(),
                new TemplateEnvironment(Map.of()))
            .render(view, ServerNames.NONE)
            .text();
    assertThat(text)
        .contains(
            "    server shop-1 198.18.0.11:8080 weight 95 check\n",
            "    server shop-2 198.18.0.12:8080 weight 5 check\n");
  }

  @Test
  void theTutorialsEditsOfTheBuiltInTemplateServeTheReadersService() throws Exception {
    Path tutorial = DOCS.resolve("tutorial/own-service.md");
    String template = TemplateSource.builtIn().read();
    String before = "    default_backend web\n";
    String rule = blocks(tutorial, "haproxy").get(0);
    assertThat(template).containsOnlyOnce(before);
    CatalogSnapshot view =
        CatalogSnapshot.of(
            Map.of("front", Pool.of(List.of(instance("front-1", "198.18.0.1", 1, List.of(), "")))));
    String text =
        HaproxyTemplate.compile(
                "front.mustache",
                template.replace(before, rule + before) + blocks(tutorial, "mustache").get(0),
                new TemplateEnvironment(Map.of()))
            .render(view, ServerNames.NONE)
            .text();
    assertThat(text)
        .contains(rule + before)
        .endsWith("    server front-1 198.18.0.1:8080 weight 1 check\n");
  }

  private static ServiceInstance instance(
      String id, String address, int weight, List<String> tags, String balance) {
    return ServiceInstance.builder("web", address, 8080)
        .id(id)
        .node("node-1")
        .tags(tags)
        .meta(Map.of("lb-balance", balance))
        .weight(weight)
        .datacenter("dc1")
        .build();
  }
}
