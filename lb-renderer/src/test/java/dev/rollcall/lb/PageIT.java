package dev.rollcall.lb;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.PlaywrightException;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.testcontainers.containers.Network;

/** The page as people see it: Chromium, lb-renderer, HAProxy and Consul are real. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PageIT {
  private static final String BASE =
      "http://" + RendererContainer.NAME + ":" + RendererContainer.STATUS + "/";
  private static final String CONSUL = "consul";
  private static final int NODES = 5;
  private static final double READABLE = 4.5;
  private static final double PATIENCE = 20_000;

  /** Where a picture for the documentation goes; without it none is made. */
  private static final String PICTURE = System.getProperty("picture", "");

  private static final String WATCHED =
      "addEventListener('securitypolicyviolation', e => console.error('CSP',"
          + " e.violatedDirective));";

  private final Network network = Network.newNetwork();
  private final ConsulContainer consul =
      new ConsulContainer().withNetwork(network).withNetworkAliases(CONSUL);
  private final RendererContainer site =
      new RendererContainer(network, "http://" + CONSUL + ":8500");
  private final ChromiumContainer chromium = new ChromiumContainer(network);
  private final List<String> extra = new ArrayList<>();
  private final List<String> complaints = new CopyOnWriteArrayList<>();
  private final List<String> strangers = new CopyOnWriteArrayList<>();

  private Playwright driver;
  private Browser browser;
  private @Nullable BrowserContext context;

  @BeforeAll
  void start() {
    consul.start();
    IntStream.rangeClosed(1, NODES).forEach(this::join);
    site.start();
    site.generateLoad(60);
    chromium.start();
    driver = ChromiumContainer.driver();
    browser = chromium.connect(driver);
  }

  @AfterAll
  void stop() {
    browser.close();
    driver.close();
    chromium.stop();
    site.stop();
    consul.stop();
    network.close();
  }

  @AfterEach
  void tidy() {
    Objects.requireNonNull(context).close();
    extra.forEach(this::leave);
    extra.clear();
    assertThat(strangers).as("requests to others").isEmpty();
    assertThat(complaints).as("errors in the console").isEmpty();
  }

  private void join(int number) {
    register("web-" + number, 9000 + number);
  }

  private void register(String id, int port) {
    consul.register(service(id, port).toString());
  }

  private static JsonObject service(String id, int port) {
    JsonObject body = new JsonObject();
    body.addProperty("Name", "web");
    body.addProperty("ID", id);
    body.addProperty("Address", "127.0.0.1");
    body.addProperty("Port", port);
    return body;
  }

  private void registerUntilTheEnd(String id, int port) {
    register(id, port);
    extra.add(id);
  }

  /** Not every id can stand in the path of a deregistration: others get a check that fails. */
  private void leave(String id) {
    if (id.matches("[\\w-]+")) {
      consul.deregister(id);
      return;
    }
    JsonObject critical = new JsonObject();
    critical.addProperty("TTL", "1h");
    critical.addProperty("Status", "critical");
    JsonObject body = service(id, 9000);
    body.add("Check", critical);
    consul.register(body.toString());
  }

  private Page open(ColorScheme scheme, int width, int height) {
    BrowserContext fresh =
        browser.newContext(
            new Browser.NewContextOptions()
                .setColorScheme(scheme)
                .setLocale("en-GB")
                .setTimezoneId("UTC")
                .setViewportSize(width, height));
    context = fresh;
    complaints.clear();
    strangers.clear();
    fresh.addInitScript(WATCHED);
    Page page = fresh.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.onConsoleMessage(
        message -> {
          if (message.type().equals("error") || message.type().equals("warning")) {
            complaints.add(message.text());
          }
        });
    page.onPageError(complaints::add);
    page.onRequest(
        request -> {
          if (!request.url().startsWith(BASE)) {
            strangers.add(request.url());
          }
        });
    page.navigate(BASE);
    return page;
  }

  private Page open() {
    return open(ColorScheme.LIGHT, 1100, 900);
  }

  private static Locator tile(Page page, String id) {
    return page.locator(".tile")
        .filter(
            new Locator.FilterOptions()
                .setHas(
                    page.locator(".id")
                        .getByText(id, new Locator.GetByTextOptions().setExact(true))));
  }

  private static LocatorAssertions.IsVisibleOptions soon() {
    return new LocatorAssertions.IsVisibleOptions().setTimeout(PATIENCE);
  }

  private static LocatorAssertions.ContainsTextOptions inTime() {
    return new LocatorAssertions.ContainsTextOptions().setTimeout(PATIENCE);
  }

  private static void awaitPool(Page page) {
    assertThat(page.locator(".tile.good"))
        .hasCount(NODES, new LocatorAssertions.HasCountOptions().setTimeout(PATIENCE));
  }

  @Test
  void drawsThePoolAsHaproxyHasIt() {
    Page page = open();
    awaitPool(page);
    for (int number = 1; number <= NODES; number++) {
      Locator tile = tile(page, "web-" + number);
      assertThat(tile.locator(".where")).hasText("127.0.0.1:" + (9000 + number));
      assertThat(tile.locator(".state")).containsText("up", inTime());
      assertThat(tile.locator(".state")).containsText("check L7OK", inTime());
      assertThat(tile.locator(".value"))
          .hasText(
              Pattern.compile("[1-9]\\d*"),
              new LocatorAssertions.HasTextOptions().setTimeout(PATIENCE));
    }
    assertThat(page.locator("h1")).hasText(NODES + " instances in service");
    assertThat(page.locator("#health")).containsText("configuration in use");
    assertThat(page.locator("#health")).containsText("serves · up");
    assertThat(page.locator("#health .good")).hasCount(3);
    assertThat(page.locator("#problems")).isHidden();
  }

  @Test
  void showsWhoJoinsAndLeavesAsItHappens() {
    Page page = open();
    awaitPool(page);
    registerUntilTheEnd("web-6", 9006);
    assertThat(tile(page, "web-6")).isVisible(soon());
    assertThat(page.locator("#changes")).containsText("web-6 joined web", inTime());
    assertThat(page.locator("h1")).hasText(NODES + 1 + " instances in service");
    leave("web-6");
    assertThat(page.locator("#changes")).containsText("web-6 left web", inTime());
    assertThat(tile(page, "web-6").locator(".state")).hasText("left");
    assertThat(tile(page, "web-6"))
        .hasCount(0, new LocatorAssertions.HasCountOptions().setTimeout(PATIENCE));
    assertThat(page.locator("#changes .took").first()).hasText(Pattern.compile("\\d.*(ms|s)"));
    awaitPool(page);
  }

  @Test
  void showsThatHaproxyFindsAServerDown() {
    Page page = open();
    registerUntilTheEnd("nobody", 9099);
    assertThat(page.locator(".tile.bad")).containsText("nobody", inTime());
    assertThat(page.locator(".tile.bad .state")).containsText("down", inTime());
    // Seconds later it is said to be a problem, too, that a server has failed ever since it was
    // added.
    assertThat(page.locator("h1"))
        .hasText(
            Pattern.compile(
                NODES + " of " + (NODES + 1) + " instances in service(, with a problem)?"));
  }

  @Test
  void showsHostileNamesAsText() {
    String markup = "<img src=x onerror=document.title='owned'>";
    String script = "</bdi><script>document.title='owned'</script>";
    Page page = open();
    registerUntilTheEnd(markup, 9007);
    registerUntilTheEnd(script, 9008);
    registerUntilTheEnd("a\u202Egnp.exe", 9009);
    assertThat(tile(page, markup)).isVisible(soon());
    assertThat(tile(page, script)).isVisible(soon());
    assertThat(tile(page, "a\\u{202e}gnp.exe")).isVisible(soon());
    assertThat(page.locator("#changes")).containsText(markup, inTime());
    tile(page, markup).click();
    assertThat(page.locator("#details-title")).hasText(markup);
    assertThat(page.locator("main img, main script, dialog img")).hasCount(0);
    assertThat(page.title()).doesNotContain("owned").endsWith("– Rollcall");
  }

  /**
   * Who asks for more than his share is left out, and named with the reason: that is his text too.
   */
  @Test
  void drawsNothingOfHostileAddressesTagsAndMetadata() {
    String markup = "<img src=x onerror=document.title='owned'>";
    Page page = open();
    awaitPool(page);
    JsonObject address = service("evil-address", 9000);
    address.addProperty("Address", markup);
    JsonObject tagged = service("evil-tag", 9011);
    JsonArray tags = new JsonArray();
    tags.add(markup);
    tagged.add("Tags", tags);
    JsonObject described = service("evil-meta", 9012);
    JsonObject meta = new JsonObject();
    meta.addProperty("lb-balance", "</bdi><script>document.title='owned'</script>");
    described.add("Meta", meta);
    for (JsonObject evil : List.of(address, tagged, described)) {
      consul.register(evil.toString());
      extra.add(evil.get("ID").getAsString());
    }
    assertThat(tile(page, "evil-tag")).isVisible(soon());
    assertThat(tile(page, "evil-meta")).isVisible(soon());
    assertThat(page.locator("body")).not().containsText("evil-address");
    assertThat(page.locator("body")).not().containsText("owned");
    assertThat(page.locator("main img, main script, dialog img")).hasCount(0);
    assertThat(page.title()).doesNotContain("owned").endsWith("– Rollcall");
  }

  @Test
  void letsNoScriptMakeMarkupOrComeFromElsewhere() {
    Page page = open();
    awaitPool(page);
    assertThatThrownBy(() -> page.evaluate("document.body.innerHTML = '<b>x</b>'"))
        .isInstanceOf(PlaywrightException.class)
        .hasMessageContaining("TrustedHTML");
    assertThatThrownBy(() -> page.evaluate("fetch('http://elsewhere.invalid/')"))
        .isInstanceOf(PlaywrightException.class);
    page.waitForCondition(() -> complaints.contains("CSP connect-src"));
    complaints.clear();
  }

  @Test
  void isWorkedByKeyboardInTheOrderOfReading() {
    Page page = open();
    awaitPool(page);
    List<String> order = new ArrayList<>();
    for (int i = 0; i < NODES + 4; i++) {
      page.keyboard().press("Tab");
      order.add(
          (String)
              page.evaluate(
                  "(document.activeElement.querySelector('.id') ??"
                      + " document.activeElement).textContent"));
    }
    assertThat(order)
        .containsExactly(
            "To the pools",
            "Pause",
            "web-1",
            "web-2",
            "web-3",
            "web-4",
            "web-5",
            "Status as JSON",
            "Metrics");

    tile(page, "web-2").focus();
    page.keyboard().press("Enter");
    assertThat(page.locator("#details")).isVisible();
    assertThat(page.locator("#details")).containsText("127.0.0.1:9002");
    page.keyboard().press("Escape");
    assertThat(page.locator("#details")).isHidden();
    assertThat(tile(page, "web-2")).isFocused();
  }

  @Test
  void standsStillWhilePaused() {
    Page page = open();
    awaitPool(page);
    page.locator("#pause").press("Space");
    assertThat(page.locator("#pause")).hasAttribute("aria-pressed", "true");
    registerUntilTheEnd("web-7", 9007);
    assertThatThrownBy(
            () ->
                page.waitForRequest(
                    "**/live", new Page.WaitForRequestOptions().setTimeout(3000), () -> {}))
        .isInstanceOf(PlaywrightException.class);
    assertThat(tile(page, "web-7")).hasCount(0);
    page.locator("#pause").press("Space");
    assertThat(tile(page, "web-7")).isVisible(soon());
  }

  @Test
  void saysThatTheRendererDoesNotAnswerAndRecovers() {
    Page page = open();
    awaitPool(page);
    page.route("**/live", Route::abort);
    assertThat(page.locator("h1")).containsText("lb-renderer does not answer", inTime());
    assertThat(page.locator(".tile")).hasCount(NODES);
    page.waitForCondition(() -> !complaints.isEmpty());
    page.unroute("**/live");
    assertThat(page.locator("h1")).containsText("instances in service", inTime());
    assertThat(complaints).allMatch(complaint -> complaint.contains("ERR_FAILED"));
    complaints.clear();
  }

  /** Lightness apart, as WCAG 2.2 (1.4.3) reckons it, of each text on what is behind it. */
  private static final String WORST_CONTRAST =
      """
      () => {
        const lightness = (rgb) => {
          const [r, g, b] = rgb.map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const colour = (text) => text.match(/[\\d.]+/g).map(Number);
        const behind = (e) => {
          for (; e; e = e.parentElement) {
            const c = colour(getComputedStyle(e).backgroundColor);
            if (c.length < 4 || c[3] > 0) return c.slice(0, 3);
          }
          return [255, 255, 255];
        };
        const texts = [...document.querySelectorAll('body *')].filter(
          (e) => e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()));
        return Math.min(...texts.map((e) => {
          const [light, dark] = [lightness(colour(getComputedStyle(e).color).slice(0, 3)), lightness(behind(e))].sort((a, b) => b - a);
          return (light + 0.05) / (dark + 0.05);
        }));
      }
      """;

  @ParameterizedTest
  @EnumSource(names = {"LIGHT", "DARK"})
  void isReadableInLightAndDark(ColorScheme scheme) {
    Page page = open(scheme, 1100, 900);
    awaitPool(page);
    registerUntilTheEnd("nobody", 9099);
    assertThat(page.locator(".tile.bad .state")).containsText("down", inTime());
    double paper =
        ((Number)
                page.evaluate(
                    "Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])"))
            .doubleValue();
    assertThat(paper < 128).isEqualTo(scheme == ColorScheme.DARK);
    assertThat(page.locator(".fresh"))
        .hasCount(0, new LocatorAssertions.HasCountOptions().setTimeout(PATIENCE));
    assertThat(((Number) page.evaluate(WORST_CONTRAST)).doubleValue())
        .isGreaterThanOrEqualTo(READABLE);
  }

  @Test
  void fitsAPhoneHoweverLongTheNames() {
    registerUntilTheEnd("x".repeat(400), 9010);
    Page page = open(ColorScheme.LIGHT, 320, 640);
    assertThat(page.locator(".tile"))
        .hasCount(NODES + 1, new LocatorAssertions.HasCountOptions().setTimeout(PATIENCE));
    assertThat(page.locator("#changes")).containsText("xxx", inTime());
    assertThat((Integer) page.evaluate("document.documentElement.scrollWidth"))
        .isEqualTo(page.evaluate("document.documentElement.clientWidth"));
    page.locator(".tile").last().click();
    assertThat(page.locator("#details")).isVisible();
    assertThat(
            (Boolean)
                page.evaluate(
                    "(() => { const d = document.getElementById('details'); const r ="
                        + " d.getBoundingClientRect(); return r.left >= 0 && r.right <= 320 &&"
                        + " d.scrollWidth <= d.clientWidth; })()"))
        .isTrue();
  }

  @Test
  void makesAPictureThatIsNotTooLargeForTheDocumentation() throws IOException {
    Page page = open(ColorScheme.LIGHT, 1100, 900);
    awaitPool(page);
    registerUntilTheEnd("web-6", 9006);
    assertThat(tile(page, "web-6").locator(".state")).containsText("up", inTime());
    page.waitForCondition(
        () ->
            (Boolean)
                page.evaluate(
                    "[...document.querySelectorAll('.tile polyline')].every(l =>"
                        + " l.points.numberOfItems >= "
                        + (PICTURE.isEmpty() ? 2 : 58)
                        + ")"),
        new Page.WaitForConditionOptions().setTimeout(PATIENCE * 5));
    byte[] picture = page.screenshot();
    assertThat(picture).hasSizeBetween(10_000, 200_000);
    if (!PICTURE.isEmpty()) {
      Files.write(Path.of(PICTURE), picture);
    }
  }
}
