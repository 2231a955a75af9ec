package dev.rollcall.lb.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.status.StatusServer;
import dev.rollcall.lb.status.StatusServer.Response;
import dev.rollcall.lb.template.TemplateSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/**
 * Each bad input: one line that says what and where, and its own exit code. Nothing here gets as
 * far as Consul.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CommandLineTest {
  @TempDir Path directory;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Map<String, String> environment = new HashMap<>();

  private int run(String... arguments) {
    try (PrintStream o = new PrintStream(out, true, UTF_8);
        PrintStream e = new PrintStream(err, true, UTF_8)) {
      return new RootCommand(environment, o, e).execute(arguments);
    }
  }

  /** A program that can be run. */
  private static Path anything() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }

  private void assertRefused(int code, String line, String... arguments) {
    assertThat(run(arguments)).isEqualTo(code);
    assertThat(err.toString(UTF_8)).startsWith("lb-renderer: ").contains(line).hasLineCount(1);
    assertThat(out.toString(UTF_8)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--bogus                              | Unknown option: '--bogus'",
        "extra                                | extra",
        "--template                           | --template",
        "--dry-run                            | Unknown option: '--dry-run'",
        "--once render                        | the command render comes first: lb-renderer render",
        "@none                                | no file of arguments at none",
        "render --output x                    | Unknown option",
        "render --master-socket x             | Unknown option",
        "status --listen off                  | --listen is off: give the HOST:PORT",
        "status --listen nowhere              | --listen is 'nowhere'",
        "template --log-level loud            | --log-level is 'loud': give one of error, warn, info",
        "--log-format xml                     | --log-format is 'xml': give one of text, json",
        "--master-socket /a --haproxy /b      | --master-socket and --haproxy",
        "--output=                            | --output is empty",
        "--status-host lb:8404                | --status-host is 'lb:8404'",
        "--services we?                       | --services is 'we?': give names of services",
        "--max-services 0                     | --max-services is '0': give a number from 1",
        "--allow-host http://a                | --allow-host is 'http://a': give host names",
        "--allow-host a.*.org                 | --allow-host is 'a.*.org': give host names",
        "--allow-port 9099-9000               | --allow-port is '9099-9000': give ports",
        "--allow-port 0                       | --allow-port is '0': give ports",
        "--read-tags nomad                    | --read-tags is 'nomad': give fabio, traefik",
        "--check-timeout 0s                   | --check-timeout is '0s'",
        "--reload-timeout 2h                  | --reload-timeout is '2h'",
        "--listen nowhere                     | --listen is 'nowhere'",
        "--listen :8404                       | --listen is ':8404'",
        "--listen 127.0.0.1:                  | --listen is '127.0.0.1:'",
        "--listen 127.0.0.1:65536             | --listen is '127.0.0.1:65536'",
        "--listen 127.0.0.1:-1                | --listen is '127.0.0.1:-1'",
        "--listen 127.0.0.1:http              | --listen is '127.0.0.1:http'",
        "--consul nonsense://x                | --consul is",
        "--consul http://127.0.0.1:99999      | --consul is",
        "--consul one:8500,,two:8500          | --consul is",
        "--health critical                    | --health is 'critical': give passing, or"
            + " passing,warning",
        "--health warning                     | --health is 'warning'",
        "--health passing,                    | --health is 'passing,'",
        "--consul-wait 0                      | --consul-wait is '0': give seconds from 1 to 600",
        "--consul-wait 25s                    | --consul-wait is '25s'",
        "--consul-connections 15              | --consul-connections is '15': give a number from"
            + " 16 to 100000",
        "--consul-connections many            | --consul-connections is 'many'",
        "--allow-loopback maybe                | --allow-loopback is 'maybe': give auto, yes or no",
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
        "--guard-policy fallback:web@dc2/     | --guard-policy is 'fallback:web@dc2/'",
        "--guard-policy fallback:web@dc2@dc3  | --guard-policy is 'fallback:web@dc2@dc3'",
        "--proxies maybe                      | --proxies is 'maybe': give yes or no, and after a comma SERVICE=…",
        "--proxies gate=yes                   | --proxies is 'gate=yes'",
        "--tagged-address a.b                 | --tagged-address is 'a.b': give the name of a tagged address",
        "--tagged-address web@dc2=wan         | --tagged-address is 'web@dc2=wan'",
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
  void reportsTheLineAndColumnOfATemplateError() throws IOException {
    Path template =
        Files.writeString(directory.resolve("t.mustache"), "global\n  bind {{#services.web}}\n");
    assertRefused(
        3,
        "template " + template + ":2:8: the section services.web is not closed",
        "--template",
        template.toString());
  }

  @Test
  void refusesFurtherTemplatesWithoutAnOutput() {
    assertRefused(2, "--template b.map is not the first: name the file", "--template", "a,b.map");
    err.reset();
    assertRefused(
        2,
        "two of them write /x/m",
        "--template",
        "a",
        "--template",
        "b:/x/m",
        "--template",
        "c:/x/../x/m");
    err.reset();
    assertRefused(
        2, "two of them write /x/m", "--output", "/x/m", "--template", "a", "--template", "b:/x/m");
    err.reset();
    assertRefused(2, "two of them write /x/m", "--template", "a:/x/m", "--template", "b:/x/m");
  }

  @Test
  void refusesAFurtherTemplateOrOutputDirectoryThatDoesNotExist() throws IOException {
    Path none = directory.resolve("none");
    assertRefused(3, "template " + none + ": does not exist", "--template", ":," + none + ":/x/m");
    err.reset();
    Path map = Files.writeString(directory.resolve("a:b"), "x");
    assertRefused(
        4,
        "output " + none.resolve("m") + ": has no directory",
        "--output",
        directory.resolve("o").toString(),
        "--template=:",
        "--template=" + map + ":" + none.resolve("m"));
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
  void ignoresAnEmptyVariable() {
    environment.put("LB_RENDERER_TEMPLATE", "");
    environment.put("LB_RENDERER_MASTER_SOCKET", "");
    environment.put("CONSUL_HTTP_ADDR", "");
    assertRefused(4, "has no directory", "--output", directory.resolve("no/such").toString());
  }

  @Test
  void refusesASecretThatDoesNotFitAndDoesNotShowIt() {
    environment.put("STATS_PASSWORD", "open sesame");
    assertRefused(3, "STATS_PASSWORD is not fit");
    assertThat(err.toString(UTF_8)).doesNotContain("sesame");
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
        .noneMatch(thread -> thread.getName().equals("reconciler"));
  }

  @Test
  void givesUpWithoutConsul() {
    String haproxy = anything().toString();
    String output = directory.resolve("o").toString();
    for (List<String> command :
        List.of(
            List.of("--once", "--output", output),
            List.of("render"),
            List.of("check", "--haproxy", haproxy))) {
      err.reset();
      List<String> arguments = new ArrayList<>(command);
      arguments.addAll(List.of("--consul", "127.0.0.1:1", "--wait-for-first", "0"));
      assertRefused(
          6,
          "no answer from Consul at http://127.0.0.1:1 within 0 s for web",
          arguments.toArray(String[]::new));
    }
    assertThat(Path.of(output)).doesNotExist();
  }

  @Test
  void failsWhenNoLbRendererAnswers() throws IOException {
    assertRefused(
        9, "no lb-renderer answers on 127.0.0.1:1: ", "status", "--listen", "127.0.0.1:1");
    try (StatusServer other =
        StatusServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Map.of("/readyz", () -> Response.text(200, "ok"), "/status", () -> Response.json("[]")),
            List.of())) {
      err.reset();
      assertRefused(
          9,
          "what answers there is no lb-renderer",
          "status",
          "--listen",
          "127.0.0.1:" + other.address().getPort());
    }
  }

  @ParameterizedTest
  @CsvSource({"200, 0, lb-renderer -", "503, 8, not ready: waiting"})
  void statusExitsAsReadyAsTheLbRendererThatItQueries(int ready, int code, String shown)
      throws IOException {
    try (StatusServer running =
        StatusServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Map.of(
                "/readyz",
                () -> Response.text(ready, "waiting"),
                "/status",
                () -> Response.json("{\"lastApply\": null}")),
            List.of())) {
      environment.put("LB_RENDERER_LISTEN", "127.0.0.1:" + running.address().getPort());
      assertThat(run("status")).isEqualTo(code);
      assertThat(out.toString(UTF_8)).contains(shown);
      out.reset();
      assertThat(run("status", "--json")).isEqualTo(code);
      assertThat(out.toString(UTF_8)).isEqualTo("{\"lastApply\": null}\n");
    }
  }

  /** A value for each option that is not its default. */
  private static final Map<String, String> VALUES =
      Map.ofEntries(
          Map.entry("--template", "a.mustache,b.mustache:b"),
          Map.entry("--consul", "https://consul:8501"),
          Map.entry("--consul-wait", "7"),
          Map.entry("--consul-connections", "300"),
          Map.entry("--health", "passing"),
          Map.entry("--proxies", "no,gate=yes"),
          Map.entry("--tagged-address", "none,web@dc2=wan"),
          Map.entry("--wait-for-first", "7"),
          Map.entry("--allow-loopback", "no"),
          Map.entry("--server-names", "full"),
          Map.entry("--services", "web,shop-*"),
          Map.entry("--services-tag", "public,external"),
          Map.entry("--max-services", "7"),
          Map.entry("--allow-host", "www.example.org,*.apps.example.org"),
          Map.entry("--allow-port", "9000-9099,9443"),
          Map.entry("--read-tags", "fabio,traefik"),
          Map.entry("--listen", "192.0.2.7:7"),
          Map.entry("--output", "given"),
          Map.entry("--master-socket", "given"),
          Map.entry("--haproxy", "given"),
          Map.entry("--once", "true"),
          Map.entry("--check-timeout", "7m"),
          Map.entry("--reload-timeout", "7m"),
          Map.entry("--status-host", "one.example,two.example"),
          Map.entry("--wait", "7ms:7s"),
          Map.entry("--guard-shrink", "7%,web=8%"),
          Map.entry("--guard-grace", "7s,web=0s"),
          Map.entry("--min-servers", "7,web=0"),
          Map.entry("--guard-policy", "serve-503,web=fallback:web@dc2/sorry"),
          Map.entry("--json", "true"),
          Map.entry("--log-level", "warn"),
          Map.entry("--log-format", "json"));

  private CommandLine program(Map<String, String> variables) {
    PrintStream nowhere = new PrintStream(out, true, UTF_8);
    return new RootCommand(variables, nowhere, nowhere).commandLine();
  }

  /** What an option means after a command line was read. */
  private Object parsed(Map<String, String> variables, String option, String... arguments) {
    return program(variables)
        .parseArgs(arguments)
        .subcommand()
        .commandSpec()
        .findOption(option)
        .getValue();
  }

  @Test
  void takesEveryOptionOfEveryCommandFromTheEnvironment() {
    program(Map.of()).getSubcommands().values().stream()
        .flatMap(command -> command.getCommandSpec().options().stream())
        .filter(option -> !option.usageHelp() && !option.versionHelp())
        .forEach(
            option -> {
              String command = option.command().name();
              String name = option.longestName();
              String variable =
                  "LB_RENDERER_" + name.substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
              String value = Objects.requireNonNull(VALUES.get(name), name);
              assertThat(parsed(Map.of(variable, value), name, command))
                  .as(command + " " + variable)
                  .isNotNull()
                  .isEqualTo(parsed(Map.of(), name, command, name + "=" + value))
                  .isNotEqualTo(parsed(Map.of(), name, command));
            });
  }

  @Test
  void refusesAFlagInTheEnvironmentThatIsNeitherTrueNorFalse() {
    environment.put("LB_RENDERER_ONCE", "perhaps");
    assertRefused(2, "'perhaps' is not a boolean");
  }

  @Test
  void takesArgumentsFromAFile() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("arguments"),
            "# where to write\n--output " + directory + "\n--listen off --once\n");
    assertRefused(4, "output " + directory + ": is a directory", "@" + file);
    err.reset();
    assertRefused(4, "output " + directory + ": is a directory", "run", "@" + file);
  }

  @Test
  void printsTheBuiltInTemplate() throws IOException {
    assertThat(run("template")).isZero();
    assertThat(out.toString(UTF_8)).isEqualTo(TemplateSource.builtIn().read());
  }

  @Test
  void showsHelp() {
    assertThat(run("--help")).isZero();
    String help = out.toString(UTF_8);
    assertThat(help)
        .contains("run", "render", "check", "status", "template", "Exit codes:", "LB_RENDERER_")
        .contains("@FILE");
    for (ExitCode code : ExitCode.values()) {
      assertThat(help).contains(" " + code.number() + "   " + code.meaning());
    }
    assertThat(help.lines()).allMatch(line -> line.length() <= 100);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run      | --template --consul --consul-wait --consul-connections --health --wait-for-first --allow-loopback"
            + " --output --master-socket --haproxy --once --listen",
        "render   | --template --consul --consul-wait --consul-connections --health --wait-for-first --allow-loopback",
        "check    | --template --consul --consul-wait --consul-connections --health --wait-for-first --allow-loopback"
            + " --haproxy",
        "status   | --listen --json",
        "template | --log-level",
      })
  void showsHelpOfEachCommand(String command, String options) {
    assertThat(run(command, "--help")).isZero();
    assertThat(out.toString(UTF_8))
        .contains(options.split(" "))
        .contains("--log-level", "--log-format", "--help", "--version", "lb-renderer --help")
        .startsWith("Usage: lb-renderer " + command);
    assertThat(out.toString(UTF_8).lines()).allMatch(line -> line.length() <= 100);
  }

  @Test
  void showsItsVersion() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString(UTF_8)).startsWith("lb-renderer ").hasLineCount(1);
  }
}
