package dev.rollcall.lb.cli;

import dev.rollcall.lb.consul.SelfPreservationRules;
import dev.rollcall.lb.reconcile.ReconcilerSettings;
import dev.rollcall.lb.status.AllowedHosts;
import java.net.InetSocketAddress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What {@code run} was told by the command line and the environment, judged. Immutable.
 *
 * @param input what the configuration is rendered from
 * @param output the configuration to write
 * @param masterSocket of the HAProxy to attach to
 * @param haproxy the binary to run as a child
 * @param listen where the status is served; empty for nowhere
 * @param hosts the names under which that is
 * @param terms how to deal with what Consul says
 * @param limits how long HAProxy may take
 */
record RunSettings(
    RenderInput input,
    Path output,
    Optional<Path> masterSocket,
    Optional<Path> haproxy,
    Optional<InetSocketAddress> listen,
    AllowedHosts hosts,
    ReconcilerSettings terms,
    HaproxyTimeouts limits) {
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._-]{1,253}");
  private static final int HIGHEST_PORT = 65_535;

  static RunSettings of(RunOptions options, Map<String, String> environment) throws ExitException {
    if (given(options.masterSocket) && given(options.haproxy)) {
      throw usage(
          "--master-socket and --haproxy: use one of them, to attach to an HAProxy or to run one");
    }
    if (!given(options.output)) {
      throw usage("--output is empty: name the file to write");
    }
    RenderInput input = RenderInput.of(options.input, environment);
    Path output = input.target().orElse(path("--output", options.output));
    if (input.templates().others().containsKey(RenderInput.absolute(output))) {
      throw usage("--template: two of them write " + output + ": give each a file of its own");
    }
    return new RunSettings(
        input,
        output,
        optionalPath("--master-socket", options.masterSocket),
        optionalPath("--haproxy", options.haproxy),
        place(options.listen.address),
        hosts(options),
        new ReconcilerSettings(
            input.patience(),
            new SelfPreservationRules(
                OptionConverters.shrink(options.guardShrink),
                OptionConverters.grace(options.guardGrace),
                OptionConverters.minServers(options.minServers),
                OptionConverters.policy(options.guardPolicy)),
            OptionConverters.quiescence(options.quiescence)),
        HaproxyTimeouts.of(options));
  }

  static boolean given(@Nullable String value) {
    return value != null && !value.isBlank();
  }

  private static Optional<Path> optionalPath(String option, @Nullable String value)
      throws ExitException {
    return value == null || value.isBlank() ? Optional.empty() : Optional.of(path(option, value));
  }

  static Path path(String option, @Nullable String value) throws ExitException {
    try {
      return Path.of(String.valueOf(value));
    } catch (InvalidPathException e) {
      throw usage(option + ": no path of a file: " + e.getReason());
    }
  }

  /** The place of {@code --listen}, whose host is known. */
  static Optional<InetSocketAddress> listen(String value) throws ExitException {
    Optional<InetSocketAddress> place = place(value);
    if (place.isPresent() && place.get().isUnresolved()) {
      throw usage(
          "--listen is '"
              + value
              + "': the host "
              + place.get().getHostString()
              + " is not known, give an address of this machine");
    }
    return place;
  }

  private static AllowedHosts hosts(RunOptions options) throws ExitException {
    List<String> names = new ArrayList<>(options.statusHosts);
    for (String name : names) {
      if (!HOST.matcher(name).matches()) {
        throw usage("--status-host is '" + name + "': give a host name, without a port");
      }
    }
    place(options.listen.address).map(InetSocketAddress::getHostString).ifPresent(names::add);
    return AllowedHosts.of(names);
  }

  private static Optional<InetSocketAddress> place(String value) throws ExitException {
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
    return Optional.of(
        new InetSocketAddress(
            host.startsWith("[") && host.endsWith("]")
                ? host.substring(1, host.length() - 1)
                : host,
            port.get()));
  }

  static Optional<Integer> number(String text, int from, int to) {
    try {
      int number = Integer.parseInt(text.strip());
      return number >= from && number <= to ? Optional.of(number) : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  static ExitException usage(String line) {
    return new ExitException(ExitCode.USAGE, line);
  }
}
