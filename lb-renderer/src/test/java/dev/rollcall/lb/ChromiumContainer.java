package dev.rollcall.lb;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Playwright;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/** A real Chromium in a container, told what to do through its debugging port. */
final class ChromiumContainer extends GenericContainer<ChromiumContainer> {
  private static final String IMAGE =
      Objects.requireNonNullElse(System.getenv("CHROMIUM_IMAGE"), "chromedp/headless-shell:stable");
  private static final int PORT = 9222;

  ChromiumContainer(Network network) {
    super(DockerImageName.parse(IMAGE));
    withNetwork(network);
    withExposedPorts(PORT);
    withLabels(Map.of("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid())));
    waitingFor(
        Wait.forHttp("/json/version").forPort(PORT).withStartupTimeout(Duration.ofSeconds(60)));
  }

  /** Playwright's driver; the browser is here, so it is to download none. */
  static Playwright driver() {
    return Playwright.create(
        new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
  }

  Browser connect(Playwright driver) {
    return driver.chromium().connectOverCDP("http://127.0.0.1:" + getMappedPort(PORT));
  }
}
