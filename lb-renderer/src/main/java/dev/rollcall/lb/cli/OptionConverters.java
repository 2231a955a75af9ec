package dev.rollcall.lb.cli;

import dev.rollcall.lb.consul.GuardPolicy;
import dev.rollcall.lb.consul.PerService;
import dev.rollcall.lb.reconcile.Debouncer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the options that say when a change, or a loss, is believed. */
final class OptionConverters {
  private static final Pattern TIME = Pattern.compile("([0-9]{1,9})(ms|s|m)");
  private static final Pattern PERCENT = Pattern.compile("(100|[0-9]{1,2})%");
  private static final Pattern COUNT = Pattern.compile("[0-9]{1,6}");
  private static final Pattern SERVICE = Pattern.compile("[A-Za-z0-9_.-]{1,128}");
  private static final String FALLBACK = "fallback:";
  private static final Duration LONGEST_GRACE = Duration.ofHours(1);
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(10);

  private OptionConverters() {}

  static PerService<Integer> shrink(String text) throws ExitException {
    return perService(
        "--guard-shrink",
        text,
        "a percentage from 0% to 100%",
        value -> {
          Matcher percent = PERCENT.matcher(value);
          return percent.matches()
              ? Optional.of(Integer.valueOf(percent.group(1)))
              : Optional.empty();
        });
  }

  static PerService<Duration> grace(String text) throws ExitException {
    return perService(
        "--guard-grace", text, "a time from 0s to 60m", value -> time(value, LONGEST_GRACE));
  }

  static PerService<Integer> minServers(String text) throws ExitException {
    return perService(
        "--min-servers",
        text,
        "a number from 0 to 999999",
        value ->
            COUNT.matcher(value).matches()
                ? Optional.of(Integer.valueOf(value))
                : Optional.empty());
  }

  static PerService<GuardPolicy> policy(String text) throws ExitException {
    return perService(
        "--guard-policy", text, "hold, serve-503 or fallback:SERVICE", OptionConverters::policyOf);
  }

  private static Optional<GuardPolicy> policyOf(String value) {
    if (value.startsWith(FALLBACK)) {
      return Optional.of(value.substring(FALLBACK.length()))
          .filter(service -> SERVICE.matcher(service).matches())
          .map(GuardPolicy.Fallback::new);
    }
    return switch (value) {
      case "hold" -> Optional.of(new GuardPolicy.Hold());
      case "serve-503" -> Optional.of(new GuardPolicy.Serve503());
      default -> Optional.empty();
    };
  }

  static Debouncer quiescence(String text) throws ExitException {
    int colon = text.indexOf(':');
    Optional<Duration> min = time(text.substring(0, Math.max(0, colon)), LONGEST_WAIT);
    Optional<Duration> max = time(text.substring(colon + 1), LONGEST_WAIT);
    if (min.isEmpty() || max.isEmpty() || min.get().compareTo(max.get()) > 0) {
      throw RunSettings.usage(
          "--wait is '"
              + text
              + "': give MIN:MAX, such as 25ms:250ms, MAX no less than MIN, to 10m");
    }
    return Debouncer.of(min.get(), max.get());
  }

  /** Reads a setting for all services and settings for single ones: {@code 1,web=3}. */
  private static <T> PerService<T> perService(
      String option, String text, String wanted, Function<String, Optional<T>> read)
      throws ExitException {
    @Nullable T otherwise = null;
    Map<String, T> named = new HashMap<>();
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      String service = part.substring(0, Math.max(0, equals)).strip();
      Optional<T> value = read.apply(part.substring(equals + 1).strip());
      boolean right =
          equals < 0
              ? otherwise == null
              : SERVICE.matcher(service).matches() && !named.containsKey(service);
      if (value.isEmpty() || !right) {
        throw wrong(option, text, wanted);
      }
      if (equals < 0) {
        otherwise = value.get();
      } else {
        named.put(service, value.get());
      }
    }
    if (otherwise == null) {
      throw wrong(option, text, wanted);
    }
    return new PerService<>(otherwise, named);
  }

  private static ExitException wrong(String option, String text, String wanted) {
    return RunSettings.usage(
        option
            + " is '"
            + text
            + "': give "
            + wanted
            + ", and after a comma SERVICE=… for each service that differs");
  }

  /** A number with {@code ms}, {@code s} or {@code m}; empty for another text or a longer time. */
  static Optional<Duration> time(String text, Duration longest) {
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
    return duration.compareTo(longest) <= 0 ? Optional.of(duration) : Optional.empty();
  }
}
