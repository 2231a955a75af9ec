package dev.rollcall.lb.routing;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Where a service is reached. Immutable; what it holds is fit for a configuration. */
public sealed interface Route {
  /** What two services cannot both have; one word, which is fit for a map file. */
  String key();

  /**
   * By HTTP at a host, for paths that are at or below one.
   *
   * @param host a DNS name in lower case; {@code *} for every host that no other route names
   * @param path {@code /}, or segments that begin with a slash; none is empty, {@code .} or {@code
   *     ..}
   */
  record Http(String host, String path) implements Route {
    /** Of any host. */
    public static final String ANY_HOST = "*";

    private static final int LONGEST_HOST = 253;
    private static final int LONGEST_PATH = 256;
    private static final int MOST_SEGMENTS = 16;
    private static final Pattern LABEL = Pattern.compile("[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?");
    private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9._~-]{1,64}");

    /** What a host may be, for messages. */
    static final String HOST_RULE =
        "a DNS name: at most 253 letters, digits and - in parts of at most 63 between dots";

    /** What a path may be, for messages. */
    static final String PATH_RULE =
        "a path of at most 16 segments and 256 characters: each segment a slash and 1 to 64 letters, digits and . _ ~ -, none of them . or ..";

    /** The host and the path, which ends with a slash: what a request's is looked up by. */
    @Override
    public String key() {
      return host + (path.equals("/") ? path : path + "/");
    }

    @Override
    public String toString() {
      return host + path;
    }

    /** A host in lower case; empty if it is none. */
    static Optional<String> host(String text) {
      if (text.equals(ANY_HOST)) {
        return Optional.of(text);
      }
      if (text.isEmpty() || text.length() > LONGEST_HOST) {
        return Optional.empty();
      }
      String host = text.toLowerCase(Locale.ROOT);
      for (String label : host.split("\\.", -1)) {
        if (!LABEL.matcher(label).matches()) {
          return Optional.empty();
        }
      }
      return Optional.of(host);
    }

    /** A path without a slash at its end, unless it is the root; empty if it is none. */
    static Optional<String> path(String text) {
      if (!text.startsWith("/") || text.length() > LONGEST_PATH) {
        return Optional.empty();
      }
      String path = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
      if (path.isEmpty()) {
        return Optional.of("/");
      }
      String[] segments = path.substring(1).split("/", -1);
      if (segments.length > MOST_SEGMENTS) {
        return Optional.empty();
      }
      for (String segment : segments) {
        if (!SEGMENT.matcher(segment).matches() || segment.equals(".") || segment.equals("..")) {
          return Optional.empty();
        }
      }
      return Optional.of(path);
    }
  }

  /**
   * By TCP at a port of HAProxy's own.
   *
   * @param port 1 to 65535
   */
  record Tcp(int port) implements Route {
    @Override
    public String key() {
      return ":" + port;
    }

    @Override
    public String toString() {
      return "port " + port;
    }
  }
}
