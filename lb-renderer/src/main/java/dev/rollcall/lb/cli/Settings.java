package dev.rollcall.lb.cli;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.lb.catalog.GuardRules;
import dev.rollcall.lb.pipeline.Terms;
import dev.rollcall.lb.template.BuiltInTemplate;
import dev.rollcall.lb.template.Environment;
import dev.rollcall.lb.template.TemplateFile;
import dev.rollcall.lb.template.TemplateSource;
import java.net.InetSocketAddress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the command line and the environment say, judged. Immutable.
 *
 * @param template where the template comes from
 * @param environment what it may read
 * @param output the configuration to write
 * @param masterSocket of the HAProxy to attach to
 * @param haproxy the binary to run as a child
 * @param listen where the status is served; empty for nowhere
 * @param consul where Consul is
 * @param consulVariables what that was made of
 * @param terms how to deal with what it says
 */
record Settings(
    TemplateSource template,
    Environment environment,
    Path output,
    Optional<Path> masterSocket,
    Optional<Path> haproxy,
    Optional<InetSocketAddress> listen,
    ConsulOptions consul,
    Map<String, String> consulVariables,
    Terms terms) {
  private static final String CONSUL_ADDRESS = "CONSUL_HTTP_ADDR";
  private static final int HIGHEST_PORT = 65_535;
  private static final int LONGEST_PATIENCE = 3600;

  static Settings of(Options options, Map<String, String> environment) throws Exit {
    if (given(options.masterSocket) && given(options.haproxy)) {
      throw usage(
          "--master-socket and --haproxy: use one of them, to attach to an HAProxy or to run one");
    }
    if (options.once && options.dryRun) {
      throw usage("--once and --dry-run: use one of them");
    }
    if (!given(options.output)) {
      throw usage("--output is empty: name the file to write");
    }
    TemplateSource template =
        given(options.template)
            ? new TemplateFile(path("--template", options.template))
            : new BuiltInTemplate();
    Map<String, String> consul = consulVariables(options.consul, environment);
    return new Settings(
        template,
        new Environment(environment),
        path("--output", options.output),
        optionalPath("--master-socket", options.masterSocket),
        optionalPath("--haproxy", options.haproxy),
        listen(options.listen),
        consul(given(options.consul), consul),
        consul,
        new Terms(
            patience(options.waitForFirst),
            new GuardRules(
                GuardSettings.shrink(options.guardShrink),
                GuardSettings.grace(options.guardGrace),
                GuardSettings.minServers(options.minServers),
                GuardSettings.policy(options.guardPolicy)),
            GuardSettings.quiescence(options.quiescence)));
  }

  /** Where Consul is, for a connection that tells someone what happens to it. */
  ConsulOptions consul(DiscoveryListener listener) {
    return ConsulOptions.builder(consulVariables).listener(listener).build();
  }

  private static boolean given(@Nullable String value) {
    return value != null && !value.isBlank();
  }

  private static Optional<Path> optionalPath(String option, @Nullable String value) throws Exit {
    return value == null || value.isBlank() ? Optional.empty() : Optional.of(path(option, value));
  }

  private static Path path(String option, @Nullable String value) throws Exit {
    try {
      return Path.of(String.valueOf(value));
    } catch (InvalidPathException e) {
      throw usage(option + ": no path of a file: " + e.getReason());
    }
  }

  private static Optional<InetSocketAddress> listen(String value) throws Exit {
    if (value.equals("off")) {
      return Optional.empty();
    }
    int colon = value.lastIndexOf(':');
    String host = colon < 0 ? "" : value.substring(0, colon);
    Optional<Integer> port =
        colon < 0 ? Optional.empty() : number(value.substring(colon + 1), 0, HIGHEST_PORT);
    if (host.isEmpty() || port.isEmpty()) {
      throw usage(
          "--listen is '"
              + value
              + "': give HOST:PORT with a port from 0 to "
              + HIGHEST_PORT
              + ", or off");
    }
    InetSocketAddress address =
        new InetSocketAddress(
            host.startsWith("[") && host.endsWith("]")
                ? host.substring(1, host.length() - 1)
                : host,
            port.get());
    if (address.isUnresolved()) {
      throw usage(
          "--listen is '"
              + value
              + "': the host "
              + host
              + " is not known, give an address of this machine");
    }
    return Optional.of(address);
  }

  private static Map<String, String> consulVariables(
      @Nullable String address, Map<String, String> environment) {
    Map<String, String> variables = new HashMap<>(environment);
    if (address != null && !address.isBlank()) {
      variables.put(CONSUL_ADDRESS, address);
    }
    return Map.copyOf(variables);
  }

  private static ConsulOptions consul(boolean option, Map<String, String> variables) throws Exit {
    try {
      return ConsulOptions.fromEnvironment(variables);
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      throw usage(option ? message.replace(CONSUL_ADDRESS, "--consul") : message);
    }
  }

  private static Duration patience(String seconds) throws Exit {
    return number(seconds, 0, LONGEST_PATIENCE)
        .map(Duration::ofSeconds)
        .orElseThrow(
            () ->
                usage(
                    "--wait-for-first is '"
                        + seconds
                        + "': give seconds from 0 to "
                        + LONGEST_PATIENCE));
  }

  private static Optional<Integer> number(String text, int from, int to) {
    try {
      int number = Integer.parseInt(text.strip());
      return number >= from && number <= to ? Optional.of(number) : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  static Exit usage(String line) {
    return new Exit(ExitCode.USAGE, line);
  }
}
