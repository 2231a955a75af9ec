package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.PrintableText;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A version of HAProxy, in order of age. A development version such as {@code 3.1-dev7} comes
 * before {@code 3.1.0}. A distribution's suffix is ignored. Immutable.
 *
 * @param development whether it is one before the first release of its branch
 */
public record HaproxyVersion(int major, int minor, int patch, boolean development)
    implements Comparable<HaproxyVersion> {

  /**
   * The first that adds and deletes servers reliably. Before, {@code del server} can crash the
   * worker of a server with retried requests, and added servers may get no traffic.
   */
  public static final HaproxyVersion RUNTIME_SERVERS = release(3, 0);

  /** The first that adds and deletes backends. */
  public static final HaproxyVersion RUNTIME_BACKENDS = release(3, 4);

  /** The first that replaces all entries of a map in one step. */
  public static final HaproxyVersion RUNTIME_MAPS = release(2, 4);

  /** The first whose commands change the state and the weight of a server. */
  static final HaproxyVersion SERVER_STATES = release(1, 8);

  private static final Pattern FORM =
      Pattern.compile("(\\d{1,4})\\.(\\d{1,4})(?:\\.(\\d{1,6}))?(-dev\\d*)?(?:[-+~ ].*)?");

  private static final Comparator<HaproxyVersion> ORDER =
      Comparator.comparingInt(HaproxyVersion::major)
          .thenComparingInt(HaproxyVersion::minor)
          .thenComparingInt(HaproxyVersion::patch)
          .thenComparing(version -> !version.development());

  /** The first whose master answers a {@code reload} with its result. */
  public static final HaproxyVersion REPORTS_RELOADS = release(2, 7);

  /**
   * The first that accepts an option of {@code add server}, if that is later than {@link
   * #RUNTIME_SERVERS}.
   */
  private static final Map<String, HaproxyVersion> SERVER_OPTIONS =
      Map.of(
          "init-state", release(3, 1),
          "check-pool-conn-name", release(3, 2),
          "check-reuse-pool", release(3, 2),
          "idle-ping", release(3, 2),
          "strict-maxconn", release(3, 2));

  /** The first release of a branch. */
  public static HaproxyVersion release(int major, int minor) {
    return new HaproxyVersion(major, minor, 0, false);
  }

  /**
   * Parses a version such as {@code 3.0.11-1+deb13u3}.
   *
   * @throws IllegalArgumentException when it does not start with a version
   */
  public static HaproxyVersion parse(String text) {
    Matcher matcher = FORM.matcher(text.strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException("no version of HAProxy: " + PrintableText.quoted(text));
    }
    String patch = matcher.group(3);
    return new HaproxyVersion(
        Integer.parseInt(matcher.group(1)),
        Integer.parseInt(matcher.group(2)),
        patch == null ? 0 : Integer.parseInt(patch),
        matcher.group(4) != null);
  }

  /** As {@link #parse}; empty when it does not start with a version. */
  public static Optional<HaproxyVersion> tryParse(String text) {
    try {
      return Optional.of(parse(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Whether it is that version or a later one. */
  public boolean atLeast(HaproxyVersion other) {
    return compareTo(other) >= 0;
  }

  /** The first of these server options that it does not accept at run time. */
  public Optional<String> unsupportedOption(Collection<String> options) {
    return options.stream()
        .filter(option -> !atLeast(SERVER_OPTIONS.getOrDefault(option, RUNTIME_SERVERS)))
        .findFirst();
  }

  /** Why this version is not used to add and remove servers, in one line. */
  public String tooOldForRuntimeServers() {
    return "HAProxy " + this + " does not add and remove servers safely while it runs";
  }

  /** Why this version is not used to add and remove backends, in one line. */
  public String tooOldForRuntimeBackends() {
    return "HAProxy " + this + " adds and removes no backends while it runs";
  }

  @Override
  public int compareTo(HaproxyVersion other) {
    return ORDER.compare(this, other);
  }

  /** Such as {@code 3.0.11}. */
  @Override
  public String toString() {
    return major + "." + minor + (development ? "-dev" : "." + patch);
  }
}
