package dev.rollcall.discovery.internal.net;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What may be sent to Consul. consul-api puts names and ids into URLs as they are, so nothing that
 * could change a URL's meaning gets past here. Every refusal is an {@link IllegalArgumentException}
 * of one line that names what is wrong, its value and what is wanted.
 */
public final class Require {

  private static final Pattern LABEL =
      Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?");
  private static final Pattern QUERYABLE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final Pattern NODE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,254}");
  private static final Pattern SIMPLE = Pattern.compile("[A-Za-z0-9_-]{1,64}");
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._:-]{0,254}");
  private static final Pattern ADDRESS = Pattern.compile("[A-Za-z0-9_:][A-Za-z0-9_.:%-]{0,254}");
  private static final Pattern META_KEY = Pattern.compile("[A-Za-z0-9_-]{1,128}");
  private static final Pattern PATH = Pattern.compile("[!-~]{1,1024}");
  private static final Pattern HOST_AND_PORT =
      Pattern.compile("(?:[A-Za-z0-9_.-]{1,253}|\\[[A-Fa-f0-9:.]{2,45}\\]):[1-9][0-9]{0,4}");
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_-]{1,64}");
  private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m)");
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

  private Require() {}

  /** A DNS label, as Consul recommends for the name of a service. */
  public static String label(String what, String value) {
    return matching(LABEL, what, value, "letters, digits and inner -, at most 63");
  }

  /** A name to ask for: others may have registered one that is no DNS label. */
  public static String queryableName(String what, String value) {
    return matching(QUERYABLE, what, value, "letters, digits, . _ and -, at most 128");
  }

  /** Whether a name can be asked for. */
  public static boolean isQueryableName(String value) {
    return QUERYABLE.matcher(value).matches();
  }

  /** The name of a node, or {@code _agent}. */
  public static String nodeName(String what, String value) {
    return matching(NODE, what, value, "letters, digits, . _ and -, at most 255");
  }

  /** The name of a datacenter, a peer, a port or a tagged address. */
  public static String simpleName(String what, String value) {
    return matching(SIMPLE, what, value, "letters, digits, _ and -, at most 64");
  }

  /** A service id. */
  public static String id(String value) {
    return matching(ID, "id", value, "letters, digits, . _ : and -, at most 255");
  }

  /** An IP address or a host name. */
  public static String address(String what, String value) {
    return matching(ADDRESS, what, value, "an IP address or a host name");
  }

  /** A host name or IP address under a name of its own. */
  public static String hostName(String what, String value) {
    return matching(ADDRESS, what, value, "a host name");
  }

  /** Whether a text has the shape of an IP address or a host name. */
  public static boolean isAddress(String value) {
    return ADDRESS.matcher(value).matches();
  }

  /** Whether a text has control characters, line breaks among them. */
  public static boolean hasControl(String value) {
    return CONTROL.matcher(value).find();
  }

  /** A text for people: not blank, on one line. */
  public static String text(String what, String value, int longest) {
    if (value.isBlank() || value.length() > longest || hasControl(value)) {
      throw wrong(what, value, "1 to " + longest + " characters on one line");
    }
    return value;
  }

  /** The key of a pair of metadata. */
  public static String metaKey(String key) {
    return matching(META_KEY, "meta key", key, "letters, digits, _ and -, at most 128");
  }

  /** The value of a pair of metadata. */
  public static String metaValue(String key, String value) {
    if (value.length() > 512 || hasControl(value)) {
      throw wrong("meta " + key, value, "at most 512 characters on one line");
    }
    return value;
  }

  /** A number within bounds, both included. */
  public static int between(String what, int value, int least, int most) {
    if (value < least || value > most) {
      throw wrong(what, Integer.toString(value), least + " to " + most);
    }
    return value;
  }

  /** A port, as text. */
  public static int port(String what, String value) {
    return Integer.parseInt(matching(PORT, what, value, "1 to 65535"));
  }

  /** A duration within bounds, both included. */
  public static Duration between(String what, Duration value, Duration least, Duration most) {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw wrong(what, value.toString(), least + " to " + most);
    }
    return value;
  }

  /** A time-out: 1 ms to 1 min. */
  public static Duration timeout(String what, Duration value) {
    return between(what, value, Duration.ofMillis(1), Duration.ofMinutes(1));
  }

  /**
   * A duration that an environment variable says, such as 500ms, 2s or 1m; at most 10m.
   *
   * @param absent what it is if the variable is absent or blank
   */
  public static Duration duration(
      String variable, Map<String, String> environment, Duration absent) {
    String text = environment.getOrDefault(variable, "").strip();
    if (text.isEmpty()) {
      return absent;
    }
    Matcher parts = DURATION.matcher(text);
    if (parts.matches()) {
      long amount = Long.parseLong(parts.group(1));
      Duration duration =
          switch (parts.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            default -> Duration.ofMinutes(amount);
          };
      if (duration.compareTo(Duration.ofMinutes(10)) <= 0) {
        return duration;
      }
    }
    throw wrong(variable, text, "a duration such as 500ms, 2s or 1m, at most 10m");
  }

  /** How long a check is critical before Consul removes the service: 1 min to 30 days. */
  public static Duration deregisterAfter(Duration value) {
    return between("deregisterAfter", value, Duration.ofMinutes(1), Duration.ofDays(30));
  }

  /** What an HTTP check asks for: a path or a URL, without a password. */
  public static String checkTarget(String value) {
    String wanted = "a path such as /health, or an http or https URL, at most 1024 characters";
    if (value.startsWith("/")) {
      return matching(PATH, "check", value, wanted);
    }
    if (value.contains("@")) {
      // What stands before the @ may be a password: don't repeat it.
      throw new IllegalArgumentException("check holds a user or password, but must be: " + wanted);
    }
    matching(PATH, "check", value, wanted);
    try {
      URI uri = new URI(value);
      if (isHttp(uri) && uri.getHost() != null) {
        return value;
      }
    } catch (URISyntaxException e) {
      // Said below.
    }
    throw wrong("check", value, wanted);
  }

  private static boolean isHttp(URI uri) {
    String scheme = uri.getScheme();
    return "http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme);
  }

  /** A host and a port. */
  public static String hostAndPort(String value) {
    return matching(HOST_AND_PORT, "check", value, "host:port or [address]:port");
  }

  /** A name in HTTP, such as a method or a header's. */
  public static String token(String what, String value) {
    return matching(TOKEN, what, value, "letters, digits, - and _, at most 64");
  }

  /** A header of HTTP. Its value is not repeated in the refusal, as it may be secret. */
  public static void header(String name, String value) {
    token("header", name);
    if (value.length() > 1024 || hasControl(value)) {
      throw new IllegalArgumentException(
          "the value of header " + name + " must be: at most 1024 characters on one line");
    }
  }

  private static String matching(Pattern pattern, String what, String value, String wanted) {
    if (!pattern.matcher(value).matches()) {
      throw wrong(what, value, wanted);
    }
    return value;
  }

  /** The refusal of a value. */
  public static IllegalArgumentException wrong(String what, String value, String wanted) {
    return new IllegalArgumentException(
        what + " is \"" + printable(value) + "\" but must be: " + wanted);
  }

  private static String printable(String value) {
    String line = CONTROL.matcher(value).replaceAll("?");
    return line.length() <= 80 ? line : line.substring(0, 80) + "...";
  }
}
