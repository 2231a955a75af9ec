package dev.rollcall.lb.template;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a name that begins with {@code services.} selects: all instances of a service, those with or
 * without a tag, or an option that they ask for. Immutable.
 *
 * @param service the service's name
 * @param kind what of it
 * @param argument the tag or the option; empty for {@link Kind#ALL}
 */
record ServiceSelection(String service, Kind kind, String argument) {
  static final String PREFIX = "services.";

  /** What of a service. */
  enum Kind {
    /** <code>services.NAME</code> */
    ALL,
    /** <code>services.NAME.tagged.TAG</code> */
    TAGGED,
    /** <code>services.NAME.untagged.TAG</code>: the others. */
    UNTAGGED,
    /** <code>services.NAME.option.OPTION</code> */
    OPTION
  }

  private static final Pattern NAME =
      Pattern.compile(
          "services\\.(?<service>[A-Za-z0-9_.-]{1,128}?)(?:\\.(?:(?<kind>tagged|untagged)\\.(?<tag>[^{}\\p{Cntrl}]{1,512})|option\\.(?<option>[A-Za-z0-9_.-]{1,128})))?");
  private static final Pattern UNFINISHED = Pattern.compile("\\.(?:tagged|untagged|option)$");

  /** Reads a name; empty if it selects nothing. */
  static Optional<ServiceSelection> of(String name) {
    Matcher matcher = NAME.matcher(name);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String service = matcher.group("service");
    String option = matcher.group("option");
    if (option != null) {
      return ServiceOption.byName(option).isEmpty()
          ? Optional.empty()
          : Optional.of(new ServiceSelection(service, Kind.OPTION, option));
    }
    String kind = matcher.group("kind");
    if (kind != null) {
      return Optional.of(
          new ServiceSelection(
              service, Kind.valueOf(kind.toUpperCase(Locale.ROOT)), matcher.group("tag")));
    }
    return UNFINISHED.matcher(service).find()
        ? Optional.empty()
        : Optional.of(new ServiceSelection(service, Kind.ALL, ""));
  }

  boolean isOption() {
    return kind == Kind.OPTION;
  }
}
