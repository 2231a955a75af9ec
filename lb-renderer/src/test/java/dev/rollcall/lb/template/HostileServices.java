package dev.rollcall.lb.template;

import dev.rollcall.discovery.ServiceInstance;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Services whose names, metadata and tags try to leave their place, or to take another's. */
public final class HostileServices {
  /** A host that a healthy service has. */
  public static final String TAKEN = "www.example.org";

  private static final List<String> VALUES =
      List.of(
          "",
          " ",
          "a b",
          "a\nbackend evil",
          "a\r\nlisten evil",
          "a\tb",
          "a\0b",
          "\u001b[31m",
          "\u2028",
          "\u202eevil",
          "\uff0e",
          "\u0430.example.org",
          "\ud83d\ude00",
          "\ud800",
          "a#b",
          "a\"b",
          "a'b",
          "a\\",
          "a;b",
          "a|b",
          "a`b",
          "%[src]",
          "%{+Q}o",
          "${HOME}",
          "$(id)",
          "{{service}}",
          "{{#services}}",
          "<script>",
          "--",
          "-a",
          "a-",
          ".",
          "..",
          "../../etc/passwd",
          "a..b",
          ".a",
          "a.",
          "*",
          "*.example.org",
          "xn--",
          "x".repeat(64) + ".example.org",
          "x.".repeat(200) + "example.org",
          "x".repeat(5_000),
          "127.0.0.1",
          "[::1]",
          "www.example.org:80",
          "www.example.org.",
          "www.example.org be_other",
          "www.example.org\nevil.example.org/ be_web",
          "WWW.EXAMPLE.ORG",
          "www.example.org.evil.net",
          "xexample.org",
          "example.org",
          "evil.net",
          "no_service",
          "global");

  private static final List<String> PATHS =
      List.of(
          "",
          "/",
          "//",
          "x",
          "/a//b",
          "/./a",
          "/a/..",
          "/..",
          "/a b",
          "/a\tb",
          "/a\nevil.example.org/ be_web",
          "/a#b",
          "/a?b",
          "/a%2e%2e",
          "/a;b",
          "/a\\b",
          "/%[src]",
          "/${HOME}",
          "/{{service}}",
          "/\u0430",
          "/" + "a".repeat(65),
          "/" + "a/".repeat(300),
          "/" + "a/".repeat(17),
          "/shop",
          "/shop/",
          "/SHOP",
          "/~a/b.c-d_e");

  private static final List<String> PORTS =
      List.of(
          "",
          "0",
          "-1",
          "+9002",
          "09002",
          "9002 ",
          "9002\n",
          "0x232a",
          "9e3",
          "65536",
          "99999999999",
          "80",
          "9000",
          "9001",
          "9003",
          "9002-9003",
          ":9002",
          "*:9002",
          "9002 ssl crt /x",
          "\u0669\u0660\u0660\u0662");

  private static final List<String> MODES =
      List.of(
          "", "tcp ", "TCP", "HTTP", "http\n", "health", "log", "tcp\nbind :1", "udp", "{{http}}");

  private static final List<String> RULES =
      List.of(
          "",
          "Host",
          "Host(",
          "Host()",
          "Host(``)",
          "Host(`a.example.org`",
          "Host(`a.example.org`))",
          "Host(`a.example.org`) &&",
          "Host(`a.example.org`) & PathPrefix(`/a`)",
          "Host(`a.example.org`) PathPrefix(`/a`)",
          "!Host(`a.example.org`)",
          "HostRegexp(`.*`)",
          "Host(`a.example.org`) && ClientIP(`10.0.0.0/8`)",
          "((((((((((Host(`a.example.org`))))))))))",
          "(".repeat(1_000),
          "Host(`a.example.org`)" + " || Host(`b.example.org`)".repeat(70),
          "Host(`a\nb`)",
          "Host(`" + TAKEN + "`)",
          "PathPrefix(`/`)",
          "Path(`/a`)",
          "\0");

  private HostileServices() {}

  /** One instance each, registered after every healthy one. */
  public static List<ServiceInstance> all() {
    List<ServiceInstance> all = new ArrayList<>();
    for (String value : VALUES) {
      all.add(named("evil-name-" + value, Map.of("lb-host", "name.example.org"), List.of()));
      all.add(named(value, Map.of("lb-host", "name.example.org"), List.of()));
      add(all, Map.of("lb-host", value), List.of());
      add(
          all,
          Map.of("lb-host", value + "," + value + ",ok" + all.size() + ".example.org"),
          List.of());
      add(all, Map.of(), List.of("urlprefix-" + value + "/"));
      add(all, Map.of(), List.of("urlprefix-f" + all.size() + ".example.org/ " + value));
      add(all, Map.of(), List.of(rule("Host(`" + value + "`)")));
      add(all, Map.of(), List.of("traefik." + value));
    }
    for (String value : PATHS) {
      add(all, Map.of("lb-host", TAKEN, "lb-path", value), List.of());
      add(all, Map.of("lb-host", "p" + all.size() + ".example.org", "lb-path", value), List.of());
      add(all, Map.of(), List.of("urlprefix-" + TAKEN + value));
      add(all, Map.of(), List.of(rule("Host(`" + TAKEN + "`) && PathPrefix(`" + value + "`)")));
    }
    for (String value : PORTS) {
      add(all, Map.of("lb-mode", "tcp", "lb-port", value), List.of());
      add(all, Map.of(), List.of("urlprefix-:" + value + " proto=tcp"));
    }
    for (String value : MODES) {
      add(all, Map.of("lb-mode", value, "lb-host", TAKEN, "lb-port", "9003"), List.of());
    }
    RULES.forEach(value -> add(all, Map.of(), List.of(rule(value))));
    return all;
  }

  private static String rule(String text) {
    return "traefik.http.routers.r.rule=" + text;
  }

  private static void add(List<ServiceInstance> all, Map<String, String> meta, List<String> tags) {
    all.add(named("evil-" + all.size(), meta, tags));
  }

  private static ServiceInstance named(
      String service, Map<String, String> meta, List<String> tags) {
    return ServiceInstance.builder(service, "198.18.0.66", 80)
        .id("evil\nserver x 198.18.0.67:80")
        .node("n1")
        .meta(meta)
        .tags(tags)
        .createIndex(1_000)
        .build();
  }
}
