package dev.rollcall.lb.cli;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.lb.consul.SelfPreservationRules.PerService;
import dev.rollcall.lb.consul.SelfPreservationRules.UndersizedPoolPolicy;
import dev.rollcall.lb.reconcile.Debouncer;
import dev.rollcall.lb.routing.RoutingRules;
import dev.rollcall.lb.template.ServerNames;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * What the values of options mean. A value that is wrong is refused with what to give instead;
 * {@link RootCommand} puts the option and the value before that.
 */
final class OptionConverters {
  private static final Pattern TIME = Pattern.compile("([0-9]{1,9})(ms|s|m)");
  private static final Pattern PERCENT = Pattern.compile("(?:100|[0-9]{1,2})%");
  private static final Pattern COUNT = Pattern.compile("[0-9]{1,6}");
  private static final Pattern SERVICE =
      Pattern.compile(
          "[A-Za-z0-9][A-Za-z0-9_.-]{0,127}(?::[A-Za-z0-9_-]{1,64})?(?:@[A-Za-z0-9_-]{1,64}(?:\\.peer)?)?");
  private static final Pattern ADDRESS_TAG = Pattern.compile("[A-Za-z0-9_-]{1,64}");
  private static final Pattern PATTERN = Pattern.compile("[A-Za-z0-9_.*-]{1,128}");
  private static final Pattern ALLOWED_HOST =
      Pattern.compile(
          "\\*|(?:\\*\\.)?[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?){0,30}");
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._-]{1,253}");
  private static final String FALLBACK = "fallback:";
  private static final int HIGHEST_PORT = 65_535;

  private OptionConverters() {}

  /** Reads a value, or says what is wanted. */
  private abstract static class Converter<T> implements ITypeConverter<T> {
    private final String wanted;
    private final Function<String, Optional<T>> read;

    Converter(String wanted, Function<String, Optional<T>> read) {
      this.wanted = wanted;
      this.read = read;
    }

    @Override
    public @Nullable T convert(String value) {
      return read.apply(value).orElseThrow(() -> new TypeConversionException("give " + wanted));
    }
  }

  /** Of {@code --consul-wait}. */
  static final class ConsulWait extends Converter<Duration> {
    ConsulWait() {
      super("seconds from 1 to 600", value -> number(value, 1, 600).map(Duration::ofSeconds));
    }
  }

  /** Of {@code --consul-connections}. */
  static final class ConsulConnections extends Converter<Integer> {
    ConsulConnections() {
      super("a number from 16 to 100000", value -> number(value, 16, 100_000));
    }
  }

  /** Of {@code --wait-for-first}. */
  static final class FirstAnswerTimeout extends Converter<Duration> {
    FirstAnswerTimeout() {
      super("seconds from 0 to 3600", value -> number(value, 0, 3600).map(Duration::ofSeconds));
    }
  }

  /** Of {@code --check-timeout} and {@code --reload-timeout}. */
  static final class HaproxyTimeout extends Converter<Duration> {
    HaproxyTimeout() {
      super(
          "a time from 1s to 60m",
          value -> time(value, 60).filter(time -> time.compareTo(Duration.ofSeconds(1)) >= 0));
    }
  }

  /** Of {@code --health}: the worst health in which an instance gets traffic. */
  static final class WorstHealth extends Converter<HealthStatus> implements Iterable<String> {
    WorstHealth() {
      super("passing, or passing,warning", WorstHealth::read);
    }

    /** What the shell completes. */
    @Override
    public Iterator<String> iterator() {
      return List.of("passing,warning", "passing").iterator();
    }

    private static Optional<HealthStatus> read(String value) {
      Set<String> statuses = Set.copyOf(List.of(value.strip().split("\\s*,\\s*", -1)));
      if (statuses.equals(Set.of("passing"))) {
        return Optional.of(HealthStatus.PASSING);
      }
      return Optional.of(HealthStatus.WARNING)
          .filter(both -> statuses.equals(Set.of("passing", "warning")));
    }
  }

  /** Of {@code --server-names}. */
  static final class ServerNameStyle extends Converter<ServerNames.Style>
      implements Iterable<String> {
    private static final Map<String, ServerNames.Style> STYLES =
        Map.of("plain", ServerNames.Style.PLAIN, "full", ServerNames.Style.FULL);

    ServerNameStyle() {
      super("plain or full", value -> Optional.ofNullable(STYLES.get(value.strip())));
    }

    /** What the shell completes. */
    @Override
    public Iterator<String> iterator() {
      return List.of("plain", "full").iterator();
    }
  }

  /** Of {@code --listen}; null for {@code off}. The host may be a name that is not known. */
  static final class ListenAddress extends Converter<InetSocketAddress> {
    ListenAddress() {
      super("HOST:PORT with a port from 0 to " + HIGHEST_PORT + ", or off", ListenAddress::read);
    }

    @Override
    public @Nullable InetSocketAddress convert(String value) {
      return value.equals("off") ? null : super.convert(value);
    }

    private static Optional<InetSocketAddress> read(String value) {
      int colon = value.lastIndexOf(':');
      String host = value.substring(0, Math.max(0, colon));
      String bare =
          host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
      return number(value.substring(colon + 1), 0, HIGHEST_PORT)
          .filter(port -> !host.isEmpty())
          .map(port -> new InetSocketAddress(bare, port));
    }
  }

  /** Of {@code --status-host}. */
  static final class HostName extends Converter<String> {
    HostName() {
      super(
          "a host name, without a port",
          value -> Optional.of(value).filter(HOST.asMatchPredicate()));
    }
  }

  /** Of {@code --wait}. */
  static final class DebounceTimes extends Converter<Debouncer> {
    DebounceTimes() {
      super("MIN:MAX, such as 25ms:250ms, MAX no less than MIN, to 10m", DebounceTimes::read);
    }

    private static Optional<Debouncer> read(String value) {
      int colon = value.indexOf(':');
      return time(value.substring(0, Math.max(0, colon)), 10)
          .flatMap(
              min ->
                  time(value.substring(colon + 1), 10)
                      .filter(max -> min.compareTo(max) <= 0)
                      .map(max -> Debouncer.of(min, max)));
    }
  }

  /** Of {@code --services}. */
  static final class ServicePattern extends Converter<String> {
    ServicePattern() {
      super(
          "names of services, with * for any characters: letters, digits, - . _ and *, at most 128",
          value -> Optional.of(value.strip()).filter(PATTERN.asMatchPredicate()));
    }
  }

  /** Of {@code --services-tag}. */
  static final class ServiceTag extends Converter<String> {
    ServiceTag() {
      super(
          "tags without commas, each of 1 to 255 characters",
          value -> Optional.of(value.strip()).filter(tag -> !tag.isEmpty() && tag.length() <= 255));
    }
  }

  /** Of {@code --max-services}. */
  static final class MaxServices extends Converter<Integer> {
    MaxServices() {
      super("a number from 1 to 10000", value -> number(value, 1, 10_000));
    }
  }

  /** Of {@code --allow-host}. */
  static final class AllowedHost extends Converter<String> {
    AllowedHost() {
      super(
          "host names, *.DOMAIN for all below a domain, or * for all",
          value -> Optional.of(value.strip()).filter(ALLOWED_HOST.asMatchPredicate()));
    }
  }

  /** Of {@code --allow-port}. */
  static final class AllowedPorts extends Converter<RoutingRules.PortRange> {
    AllowedPorts() {
      super("ports from 1 to " + HIGHEST_PORT + ", or FIRST-LAST", AllowedPorts::read);
    }

    private static Optional<RoutingRules.PortRange> read(String value) {
      int dash = value.indexOf('-');
      String first = dash < 0 ? value : value.substring(0, dash);
      return number(first, 1, HIGHEST_PORT)
          .flatMap(
              low ->
                  number(value.substring(dash + 1), low, HIGHEST_PORT)
                      .map(high -> new RoutingRules.PortRange(low, high)));
    }
  }

  /** Of {@code --read-tags}. */
  static final class ReadTags extends Converter<RoutingRules.TagSyntax>
      implements Iterable<String> {
    private static final Map<String, RoutingRules.TagSyntax> SYNTAXES =
        Map.of("fabio", RoutingRules.TagSyntax.FABIO, "traefik", RoutingRules.TagSyntax.TRAEFIK);

    ReadTags() {
      super("fabio, traefik, or both", value -> Optional.ofNullable(SYNTAXES.get(value.strip())));
    }

    /** What the shell completes. */
    @Override
    public Iterator<String> iterator() {
      return List.of("fabio", "traefik", "fabio,traefik").iterator();
    }
  }

  /** Of {@code --proxies}. */
  static final class Proxies extends PerServiceConverter<Boolean> {
    Proxies() {
      super("yes or no", Proxies::read);
    }

    private static Optional<Boolean> read(String value) {
      return switch (value) {
        case "yes" -> Optional.of(true);
        case "no" -> Optional.of(false);
        default -> Optional.empty();
      };
    }
  }

  /** Of {@code --tagged-address}; empty for {@code none}. */
  static final class TaggedAddress extends PerServiceConverter<String> {
    TaggedAddress() {
      super(
          "the name of a tagged address (letters, digits, _ and -) or none",
          value ->
              Optional.of(value)
                  .filter(ADDRESS_TAG.asMatchPredicate())
                  .map(tag -> tag.equals("none") ? "" : tag));
    }
  }

  /** Of {@code --guard-shrink}. */
  static final class Shrink extends PerServiceConverter<Integer> {
    Shrink() {
      super(
          "a percentage from 0% to 100%",
          value ->
              Optional.of(value)
                  .filter(PERCENT.asMatchPredicate())
                  .map(percent -> Integer.valueOf(percent.substring(0, percent.length() - 1))));
    }
  }

  /** Of {@code --guard-grace}. */
  static final class Grace extends PerServiceConverter<Duration> {
    Grace() {
      super("a time from 0s to 60m", value -> time(value, 60));
    }
  }

  /** Of {@code --min-servers}. */
  static final class MinServers extends PerServiceConverter<Integer> {
    MinServers() {
      super(
          "a number from 0 to 999999",
          value -> Optional.of(value).filter(COUNT.asMatchPredicate()).map(Integer::valueOf));
    }
  }

  /** Of {@code --guard-policy}. */
  static final class GuardPolicy extends PerServiceConverter<UndersizedPoolPolicy> {
    GuardPolicy() {
      super(
          "hold, serve-503 or fallback:SERVICE, or fallback:SERVICE/SERVICE in order",
          GuardPolicy::read);
    }

    private static Optional<UndersizedPoolPolicy> read(String value) {
      if (value.startsWith(FALLBACK)) {
        return Optional.of(List.of(value.substring(FALLBACK.length()).split("/", -1)))
            .filter(services -> services.stream().allMatch(SERVICE.asMatchPredicate()))
            .map(UndersizedPoolPolicy.Fallback::new);
      }
      return switch (value) {
        case "hold" -> Optional.of(new UndersizedPoolPolicy.Hold());
        case "serve-503" -> Optional.of(new UndersizedPoolPolicy.Serve503());
        default -> Optional.empty();
      };
    }
  }

  /** A setting for all services and settings for single ones: {@code 1,web=3}. */
  private abstract static class PerServiceConverter<T> extends Converter<PerService<T>> {
    PerServiceConverter(String wanted, Function<String, Optional<T>> read) {
      super(
          wanted + ", and after a comma SERVICE=… for each service that differs",
          text -> perService(text, read));
    }

    private static <T> Optional<PerService<T>> perService(
        String text, Function<String, Optional<T>> read) {
      @Nullable T otherwise = null;
      Map<String, T> named = new HashMap<>();
      for (String part : text.split(",", -1)) {
        int equals = part.indexOf('=');
        String service = part.substring(0, Math.max(0, equals)).strip();
        T value = read.apply(part.substring(equals + 1).strip()).orElse(null);
        if (value == null || (equals >= 0 && !SERVICE.matcher(service).matches())) {
          return Optional.empty();
        }
        Object before = equals < 0 ? otherwise : named.put(service, value);
        if (before != null) {
          return Optional.empty(); // It says so twice.
        }
        otherwise = equals < 0 ? value : otherwise;
      }
      return otherwise == null ? Optional.empty() : Optional.of(new PerService<>(otherwise, named));
    }
  }

  /** A whole number in bounds; empty for anything else. */
  private static Optional<Integer> number(String text, int least, int most) {
    try {
      return Optional.of(Integer.valueOf(text.strip()))
          .filter(number -> number >= least && number <= most);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** A number with {@code ms}, {@code s} or {@code m}; empty for another text or a longer time. */
  private static Optional<Duration> time(String text, int mostMinutes) {
    Matcher time = TIME.matcher(text);
    if (!time.matches()) {
      return Optional.empty();
    }
    long number = Long.parseLong(time.group(1));
    Duration duration =
        switch (time.group(2)) {
          case "ms" -> Duration.ofMillis(number);
          case "s" -> Duration.ofSeconds(number);
          default -> Duration.ofMinutes(number);
        };
    return Optional.of(duration).filter(one -> one.compareTo(Duration.ofMinutes(mostMinutes)) <= 0);
  }
}
