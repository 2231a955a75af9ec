package dev.rollcall.lb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Each bad input: one line that says what and where, and its own exit code. Nothing here gets as
 * far as Consul.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ArgumentsTest {
  @TempDir Path directory;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Map<String, String> environment = new HashMap<>();

  private int run(String... arguments) {
    try (PrintStream o = new PrintStream(out, true, StandardCharsets.UTF_8);
        PrintStream e = new PrintStream(err, true, StandardCharsets.UTF_8)) {
      return new Arguments(environment, o, e).run(arguments);
    }
  }

  private void assertRefused(int code, String line, String... arguments) {
    assertThat(run(arguments)).isEqualTo(code);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .startsWith("lb-renderer: ")
        .contains(line)
        .hasLineCount(1);
    assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--bogus                              | Unknown option: '--bogus'",
        "extra                                | extra",
        "--template                           | --template",
        "--once --dry-run                     | --once and --dry-run",
        "--master-socket /a --haproxy /b      | --master-socket and --haproxy",
        "--output=                            | --output is empty",
        "--listen nowhere                     | --listen is 'nowhere'",
        "--listen :8404                       | --listen is ':8404'",
        "--listen 127.0.0.1:                  | --listen is '127.0.0.1:'",
        "--listen 127.0.0.1:65536             | --listen is '127.0.0.1:65536'",
        "--listen 127.0.0.1:-1                | --listen is '127.0.0.1:-1'",
        "--listen 127.0.0.1:http              | --listen is '127.0.0.1:http'",
        "--consul nonsense://x                | --consul is",
        "--consul http://127.0.0.1:99999      | --consul is",
        "--consul one:8500,,two:8500          | --consul is",
        "--wait-for-first soon                | --wait-for-first is 'soon'",
        "--wait-for-first -1                  | --wait-for-first",
        "--wait-for-first 3601                | --wait-for-first is '3601'",
        "--wait 1s                            | --wait is '1s': give MIN:MAX",
        "--wait 2s:1s                         | --wait is '2s:1s'",
        "--wait :1s                           | --wait is ':1s'",
        "--wait 1s:11m                        | --wait is '1s:11m'",
        "--guard-shrink 101%                  | --guard-shrink is '101%'",
        "--guard-shrink 50                    | --guard-shrink is '50'",
        "--guard-grace 30                     | --guard-grace is '30'",
        "--guard-grace 61m                    | --guard-grace is '61m'",
        "--min-servers -1                     | --min-servers is '-1'",
        "--min-servers 1,2                    | --min-servers is '1,2'",
        "--min-servers web=1                  | --min-servers is 'web=1'",
        "--min-servers 1,web=1,web=2          | --min-servers is '1,web=1,web=2'",
        "--min-servers 1,we!b=1               | --min-servers is '1,we!b=1'",
        "--guard-policy panic                 | --guard-policy is 'panic': give hold, serve-503 or fallback:SERVICE",
        "--guard-policy fallback:             | --guard-policy is 'fallback:'",
      })
  void refusesAWrongCommandLine(String arguments, String line) {
    assertRefused(2, line, arguments.split(" "));
  }

  @Test
  void refusesAWrongSettingInTheEnvironment() {
    environment.put("CONSUL_HTTP_ADDR", "nonsense://x");
    assertRefused(2, "CONSUL_HTTP_ADDR is");
  }

  @Test
  void refusesACertificateThatIsNotThere() {
    environment.put("CONSUL_CACERT", directory.resolve("no-ca.pem").toString());
    assertRefused(2, "CONSUL_CACERT");
  }

  @Test
  void takesSeveralAddressesOfConsul() {
    String elsewhere = directory.resolve("no/such").toString();
    String several = "https://one:8501,two:8500";
    assertRefused(4, "has no directory", "--output", elsewhere, "--consul", several);
  }

  @Test
  void refusesATemplateThatIsNotThere() {
    assertRefused(
        3,
        "template " + directory.resolve("none") + ": does not exist",
        "--template",
        directory.resolve("none").toString());
  }

  @Test
  void tellsTheLineAndColumnOfATemplatesError() throws IOException {
    Path template =
        Files.writeString(directory.resolve("t.mustache"), "global\n  bind {{#services.web}}\n");
    assertRefused(
        3,
        "template " + template + ":2:8: the section services.web is not closed",
        "--template",
        template.toString());
  }

  @Test
  void takesTheTemplateFromTheEnvironmentUnlessTheCommandLineNamesOne() throws IOException {
    environment.put("LB_RENDERER_TEMPLATE", directory.resolve("none").toString());
    assertRefused(3, directory.resolve("none").toString());
    err.reset();
    Path other = Files.writeString(directory.resolve("other"), "{{");
    assertRefused(3, other + ":1:1:", "--template", other.toString());
  }

  @Test
  void takesAnEmptyVariableForNone() {
    environment.put("LB_RENDERER_TEMPLATE", "");
    environment.put("LB_RENDERER_MASTER_SOCKET", "");
    environment.put("CONSUL_HTTP_ADDR", "");
    assertRefused(4, "has no directory", "--output", directory.resolve("no/such").toString());
  }

  @Test
  void refusesASecretThatDoesNotFitAndDoesNotShowIt() {
    environment.put("STATS_PASSWORD", "open sesame");
    assertRefused(3, "STATS_PASSWORD is not fit");
    assertThat(err.toString(StandardCharsets.UTF_8)).doesNotContain("sesame");
  }

  @Test
  void refusesAnOutputThatIsADirectory() {
    assertRefused(4, "output " + directory + ": is a directory", "--output", directory.toString());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void refusesAnOutputThatNotEvenRootCanWrite() {
    assertRefused(4, "output /proc/haproxy.cfg: can't be written", "--output", "/proc/haproxy.cfg");
  }

  @Test
  void refusesABinaryThatIsNotThere() {
    assertRefused(
        7,
        directory.resolve("haproxy").toString(),
        "--output",
        directory.resolve("o").toString(),
        "--haproxy",
        directory.resolve("haproxy").toString());
  }

  @Test
  void refusesAnAddressThatIsTaken() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      assertRefused(
          2,
          "--listen " + address + ": Address already in use",
          "--output",
          directory.resolve("o").toString(),
          "--listen",
          address);
    }
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().equals("pipeline"));
  }

  @Test
  void givesUpWithoutConsul() {
    for (String mode : List.of("--once", "--dry-run")) {
      err.reset();
      assertRefused(
          6,
          "no answer from Consul at http://127.0.0.1:1 within 0 s",
          mode,
          "--consul",
          "127.0.0.1:1",
          "--wait-for-first",
          "0",
          "--output",
          directory.resolve("o").toString());
    }
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void explainsItself() {
    assertThat(run("--help")).isZero();
    String help = out.toString(StandardCharsets.UTF_8);
    assertThat(help)
        .contains(
            "--template",
            "--output",
            "--master-socket",
            "--haproxy",
            "--once",
            "--dry-run",
            "--listen",
            "--consul",
            "--wait-for-first",
            "Exit codes:",
            "LB_RENDERER_");
    for (ExitCode code : ExitCode.values()) {
      assertThat(help).contains(" " + code.number() + "   " + code.meaning());
    }
    assertThat(help.lines()).allMatch(line -> line.length() <= 100);
  }

  @Test
  void tellsItsVersion() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("lb-renderer ").hasLineCount(1);
  }
}
