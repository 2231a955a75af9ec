package dev.rollcall.lb.routing;

import dev.rollcall.lb.config.PrintableText;

/**
 * Reads a tag of fabio: {@code urlprefix-HOST/PATH} and {@code urlprefix-:PORT proto=tcp}. One with
 * an option that is not understood is refused as a whole: the option may be what protects the
 * service.
 *
 * @see <a href="https://fabiolb.net/quickstart/">fabio: quickstart</a>
 */
final class FabioTag {
  private static final String PREFIX = "urlprefix-";

  private FabioTag() {}

  static boolean isOne(String tag) {
    return tag.startsWith(PREFIX);
  }

  static RouteRequest read(String tag, RoutingRules rules) {
    String source = "tag '" + PrintableText.of(tag) + "'";
    String[] words = tag.substring(PREFIX.length()).strip().split("\\s+", 16);
    boolean tcp = false;
    for (int i = 1; i < words.length; i++) {
      switch (words[i]) {
        case "proto=tcp" -> tcp = true;
        case "proto=http" -> {}
        default -> {
          return RouteRequest.refused(
              source,
              "the option '" + PrintableText.of(words[i]) + "' is not understood: see the docs");
        }
      }
    }
    String target = words[0];
    if (tcp || target.startsWith(":")) {
      return tcp && target.startsWith(":")
          ? RouteRequest.tcp(source, target.substring(1), rules)
          : RouteRequest.refused(
              source, "a port and proto=tcp go together: urlprefix-:PORT proto=tcp");
    }
    int slash = target.indexOf('/');
    if (slash < 0) {
      return RouteRequest.refused(source, "there is no / after the host");
    }
    String host = target.substring(0, slash);
    return RouteRequest.http(
        source, host.isEmpty() ? Route.Http.ANY_HOST : host, target.substring(slash), rules);
  }
}
