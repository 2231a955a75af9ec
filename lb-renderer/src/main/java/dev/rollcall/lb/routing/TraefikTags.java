package dev.rollcall.lb.routing;

import dev.rollcall.lb.config.PrintableText;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads tags of Traefik: the rules of its HTTP routers, as far as they are made of {@code Host} and
 * {@code PathPrefix}. A router with middlewares is refused: they may be what protects the service.
 *
 * @see <a
 *     href="https://doc.traefik.io/traefik/reference/routing-configuration/http/routing/rules-and-priority/">
 *     Traefik: rules</a>
 */
final class TraefikTags {
  private static final String PREFIX = "traefik.";
  private static final String ROUTERS = "traefik.http.routers.";
  private static final int LONGEST_RULE = 2_048;
  private static final Pattern ROUTER =
      Pattern.compile(
          "traefik\\.http\\.routers\\.([^.=]{1,128})\\.([a-z.\\[\\]0-9]{1,64})=(.*)",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
  private static final Pattern ENABLE =
      Pattern.compile("traefik\\.enable=(.*)", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  /** Options of a router that the template decides on, not the instance. */
  private static final Set<String> TEMPLATE_DECIDES =
      Set.of("entrypoints", "service", "priority", "tls", "tls.certresolver");

  private TraefikTags() {}

  /** Whether it is the rule of an HTTP router, be it one that is not understood. */
  static boolean isRule(String tag) {
    String lower = tag.toLowerCase(Locale.ROOT);
    return lower.startsWith(ROUTERS) && lower.contains(".rule=");
  }

  /** What all tags of an instance ask for. */
  static List<RouteRequest> read(List<String> tags, RoutingRules rules) {
    List<RouteRequest> all = new ArrayList<>();
    Set<String> guarded = new HashSet<>();
    for (String tag : tags) {
      Matcher enable = ENABLE.matcher(tag);
      if (enable.matches() && !enable.group(1).equalsIgnoreCase("true")) {
        return List.of(); // Its owner has switched it off.
      }
      Matcher router = ROUTER.matcher(tag);
      if (router.matches() && router.group(2).toLowerCase(Locale.ROOT).startsWith("middlewares")) {
        guarded.add(router.group(1).toLowerCase(Locale.ROOT));
      }
    }
    for (String tag : tags) {
      if (!tag.toLowerCase(Locale.ROOT).startsWith(PREFIX) || ENABLE.matcher(tag).matches()) {
        continue;
      }
      String source = "tag '" + PrintableText.of(tag) + "'";
      Matcher router = ROUTER.matcher(tag);
      String option = router.matches() ? router.group(2).toLowerCase(Locale.ROOT) : "";
      if (all.size() > RouteRequest.MOST) {
        break;
      } else if (option.equals("rule")) {
        all.addAll(
            guarded.contains(router.group(1).toLowerCase(Locale.ROOT))
                ? List.of(
                    RouteRequest.refused(
                        source, "its router has middlewares, which are not understood"))
                : rule(source, router.group(3), rules));
      } else if (!TEMPLATE_DECIDES.contains(option) && !option.startsWith("middlewares")) {
        all.add(RouteRequest.refused(source, "it is not understood and not followed"));
      }
    }
    return all;
  }

  private static List<RouteRequest> rule(String source, String text, RoutingRules rules) {
    if (text.length() > LONGEST_RULE) {
      return List.of(
          RouteRequest.refused(source, "the rule has more than " + LONGEST_RULE + " characters"));
    }
    try {
      return new RuleParser(text)
          .parse().stream()
              .map(
                  one ->
                      RouteRequest.http(
                          source,
                          one.host().isEmpty() ? Route.Http.ANY_HOST : one.host(),
                          one.path().isEmpty() ? "/" : one.path(),
                          rules))
              .toList();
    } catch (NotUnderstoodException e) {
      return List.of(RouteRequest.refused(source, e.getMessage()));
    }
  }

  /** A host and a path prefix that go together; empty for any. */
  private record Match(String host, String path) {
    Match and(Match other) throws NotUnderstoodException {
      if ((!host.isEmpty() && !other.host.isEmpty())
          || (!path.isEmpty() && !other.path.isEmpty())) {
        throw new NotUnderstoodException("the rule wants two hosts, or two paths, at once");
      }
      return new Match(host + other.host, path + other.path);
    }
  }

  private static final class NotUnderstoodException extends Exception {
    private static final long serialVersionUID = 1L;

    NotUnderstoodException(String message) {
      super(message);
    }

    @Override
    public String getMessage() {
      return String.valueOf(super.getMessage());
    }
  }

  /** {@code Host}, {@code PathPrefix}, {@code &&}, {@code ||} and parentheses. */
  private static final class RuleParser {
    private static final int DEEPEST = 8;
    private static final Pattern TOKEN =
        Pattern.compile(
            "\\s*(?:(&&|\\|\\||[(),])|([A-Za-z]{1,32})|`([^`]{0,512})`|\"([^\"\\\\]{0,512})\")");

    private final String text;
    private int at;
    private int depth;
    private String kind = "";
    private String value = "";

    RuleParser(String text) {
      this.text = text;
    }

    List<Match> parse() throws NotUnderstoodException {
      next();
      List<Match> all = or();
      if (!kind.equals("end")) {
        throw unexpected();
      }
      return all;
    }

    private List<Match> or() throws NotUnderstoodException {
      List<Match> all = new ArrayList<>(and());
      while (kind.equals("||")) {
        next();
        all.addAll(and());
        bound(all);
      }
      return all;
    }

    private List<Match> and() throws NotUnderstoodException {
      List<Match> all = term();
      while (kind.equals("&&")) {
        next();
        List<Match> product = new ArrayList<>();
        List<Match> others = term();
        for (Match one : all) {
          for (Match other : others) {
            product.add(one.and(other));
            bound(product);
          }
        }
        all = product;
      }
      return all;
    }

    private List<Match> term() throws NotUnderstoodException {
      if (kind.equals("(")) {
        depth++;
        if (depth > DEEPEST) {
          throw new NotUnderstoodException("the rule has too many parentheses in one another");
        }
        next();
        List<Match> inside = or();
        take(")");
        depth--;
        return inside;
      }
      if (!kind.equals("name")) {
        throw unexpected();
      }
      String matcher = value;
      boolean host = matcher.equals("Host");
      if (!host && !matcher.equals("PathPrefix")) {
        throw new NotUnderstoodException(
            "the matcher " + PrintableText.of(matcher) + " of the rule is not understood");
      }
      next();
      take("(");
      List<Match> all = new ArrayList<>();
      while (true) {
        if (!kind.equals("text") || value.isEmpty()) {
          throw unexpected();
        }
        all.add(host ? new Match(value, "") : new Match("", value));
        bound(all);
        next();
        if (!kind.equals(",")) {
          break;
        }
        next();
      }
      take(")");
      return all;
    }

    private static void bound(List<Match> all) throws NotUnderstoodException {
      if (all.size() > RouteRequest.MOST) {
        throw new NotUnderstoodException(
            "the rule makes more than " + RouteRequest.MOST + " routes");
      }
    }

    private void take(String wanted) throws NotUnderstoodException {
      if (!kind.equals(wanted)) {
        throw unexpected();
      }
      next();
    }

    private void next() throws NotUnderstoodException {
      if (text.substring(at).isBlank()) {
        kind = "end";
        return;
      }
      Matcher token = TOKEN.matcher(text).region(at, text.length());
      if (!token.lookingAt()) {
        throw new NotUnderstoodException(
            "the rule is not understood from character " + (at + 1) + " on");
      }
      at = token.end();
      if (token.group(1) != null) {
        kind = token.group(1);
      } else if (token.group(2) != null) {
        kind = "name";
        value = token.group(2);
      } else {
        kind = "text";
        value = String.valueOf(token.group(3) == null ? token.group(4) : token.group(3));
      }
    }

    private NotUnderstoodException unexpected() {
      return new NotUnderstoodException(
          "the rule is not understood"
              + (kind.equals("end") ? ": it ends too early" : " up to character " + at));
    }
  }
}
