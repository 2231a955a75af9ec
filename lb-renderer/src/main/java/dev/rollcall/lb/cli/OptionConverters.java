package dev.rollcall.lb.cli;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.lb.consul.SelfPreservationRules.PerService;
import dev.rollcall.lb.consul.SelfPreservationRules.UndersizedPoolPolicy;
import dev.rollcall.lb.reconcile.Debouncer;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
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
  private static final Pattern PERCENT = Pattern.compile("(100|[0-9]{1,2})%");
  private static final Pattern COUNT = Pattern.compile("[0-9]{1,6}");
  private static final Pattern SERVICE = Pattern.compile("[A-Za-z0-9_.-]{1,128}");
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._-]{1,253}");
  private static final String FALLBACK = "fallback:";
  private static final int HIGHEST_PORT = 65_535;

  private OptionConverters() {}

  /** A whole number in bounds; empty for anything else. */
  private static Optional<Integer> number(String text, int least, int most) {
    try {
      int number = Integer.parseInt(text.strip());
      return number >= least && number <= most ? Optional.of(number) : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** A number with {@code ms}, {@code s} or {@code m}; empty for another text or a longer time. */
  private static Optional<Duration> time(String text, Duration longest) {
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
    return Optional.of(duration).filter(one -> one.compareTo(longest) <= 0);
  }

  private static TypeConversionException give(String wanted) {
    return new TypeConversionException("give " + wanted);
  }

  /** Reads a setting for all services and settings for single ones: {@code 1,web=3}. */
  private static <T> PerService<T> perService(
      String text, String wanted, Function<String, Optional<T>> read) {
    @Nullable T otherwise = null;
    Map<String, T> named = new HashMap<>();
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      String service = part.substring(0, Math.max(0, equals)).strip();
      T value = read.apply(part.substring(equals + 1).strip()).orElse(null);
      boolean right =
          equals < 0
              ? otherwise == null
              : SERVICE.matcher(service).matches() && !named.containsKey(service);
      if (value == null || !right) {
        throw perServiceWanted(wanted);
      }
      if (equals < 0) {
        otherwise = value;
      } else {
        named.put(service, value);
      }
    }
    if (otherwise == null) {
      throw perServiceWanted(wanted);
    }
    return new PerService<>(otherwise, named);
  }

  private static TypeConversionException perServiceWanted(String wanted) {
    return give(wanted + ", and after a comma SERVICE=… for each service that differs");
  }

  /** Of {@code --consul-wait}. */
  static final class ConsulWait implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String value) {
      return number(value, 1, 600)
          .map(Duration::ofSeconds)
          .orElseThrow(() -> give("seconds from 1 to 600"));
    }
  }

  /** Of {@code --wait-for-first}. */
  static final class FirstAnswerTimeout implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String value) {
      return number(value, 0, 3600)
          .map(Duration::ofSeconds)
          .orElseThrow(() -> give("seconds from 0 to 3600"));
    }
  }

  /** Of {@code --check-timeout} and {@code --reload-timeout}. */
  static final class HaproxyTimeout implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String value) {
      return time(value, Duration.ofHours(1))
          .filter(time -> time.compareTo(Duration.ofSeconds(1)) >= 0)
          .orElseThrow(() -> give("a time from 1s to 60m"));
    }
  }

  /** Of {@code --health}: the worst health in which an instance gets traffic. */
  static final class WorstHealth implements ITypeConverter<HealthStatus> {
    @Override
    public HealthStatus convert(String value) {
      Set<String> statuses = Set.copyOf(List.of(value.strip().split("\\s*,\\s*", -1)));
      if (statuses.equals(Set.of("passing"))) {
        return HealthStatus.PASSING;
      }
      if (statuses.equals(Set.of("passing", "warning"))) {
        return HealthStatus.WARNING;
      }
      throw give("passing, or passing,warning");
    }
  }

  /** Of {@code --listen}; null for {@code off}. The host may be a name that is not known. */
  static final class ListenAddress implements ITypeConverter<@Nullable InetSocketAddress> {
    @Override
    public @Nullable InetSocketAddress convert(String value) {
      if (value.equals("off")) {
        return null;
      }
      int colon = value.lastIndexOf(':');
      String host = value.substring(0, Math.max(0, colon));
      Optional<Integer> port = number(value.substring(colon + 1), 0, HIGHEST_PORT);
      if (host.isEmpty() || port.isEmpty()) {
        throw give("HOST:PORT with a port from 0 to " + HIGHEST_PORT + ", or off");
      }
      boolean bracketed = host.startsWith("[") && host.endsWith("]");
      return new InetSocketAddress(
          bracketed ? host.substring(1, host.length() - 1) : host, port.get());
    }
  }

  /** Of {@code --status-host}. */
  static final class HostName implements ITypeConverter<String> {
    @Override
    public String convert(String value) {
      if (!HOST.matcher(value).matches()) {
        throw give("a host name, without a port");
      }
      return value;
    }
  }

  /** Of {@code --wait}. */
  static final class DebounceTimes implements ITypeConverter<Debouncer> {
    private static final Duration LONGEST = Duration.ofMinutes(10);

    @Override
    public Debouncer convert(String value) {
      int colon = value.indexOf(':');
      Optional<Duration> min = time(value.substring(0, Math.max(0, colon)), LONGEST);
      Optional<Duration> max = time(value.substring(colon + 1), LONGEST);
      if (min.isEmpty() || max.isEmpty() || min.get().compareTo(max.get()) > 0) {
        throw give("MIN:MAX, such as 25ms:250ms, MAX no less than MIN, to 10m");
      }
      return Debouncer.of(min.get(), max.get());
    }
  }

  /** Of {@code --guard-shrink}. */
  static final class Shrink implements ITypeConverter<PerService<Integer>> {
    @Override
    public PerService<Integer> convert(String value) {
      return perService(
          value,
          "a percentage from 0% to 100%",
          one -> Optional.of(PERCENT.matcher(one)).filter(Matcher::matches).map(Shrink::percent));
    }

    private static int percent(Matcher percent) {
      return Integer.parseInt(percent.group(1));
    }
  }

  /** Of {@code --guard-grace}. */
  static final class Grace implements ITypeConverter<PerService<Duration>> {
    @Override
    public PerService<Duration> convert(String value) {
      return perService(value, "a time from 0s to 60m", one -> time(one, Duration.ofHours(1)));
    }
  }

  /** Of {@code --min-servers}. */
  static final class MinServers implements ITypeConverter<PerService<Integer>> {
    @Override
    public PerService<Integer> convert(String value) {
      return perService(
          value,
          "a number from 0 to 999999",
          one -> Optional.of(one).filter(COUNT.asMatchPredicate()).map(Integer::valueOf));
    }
  }

  /** Of {@code --guard-policy}. */
  static final class Policy implements ITypeConverter<PerService<UndersizedPoolPolicy>> {
    @Override
    public PerService<UndersizedPoolPolicy> convert(String value) {
      return perService(value, "hold, serve-503 or fallback:SERVICE", Policy::policy);
    }

    private static Optional<UndersizedPoolPolicy> policy(String value) {
      if (value.startsWith(FALLBACK)) {
        return Optional.of(value.substring(FALLBACK.length()))
            .filter(SERVICE.asMatchPredicate())
            .map(UndersizedPoolPolicy.Fallback::new);
      }
      return switch (value) {
        case "hold" -> Optional.of(new UndersizedPoolPolicy.Hold());
        case "serve-503" -> Optional.of(new UndersizedPoolPolicy.Serve503());
        default -> Optional.empty();
      };
    }
  }
}
