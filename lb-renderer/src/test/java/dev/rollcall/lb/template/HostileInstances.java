package dev.rollcall.lb.template;

import dev.rollcall.discovery.ServiceInstance;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Instances as somebody might register them who wants more than his share: attacks × places. */
public final class HostileInstances {
  private static final int FIRST_PORT = 10_000;
  private static final String GOOD_ADDRESS = "198.18.0.66";

  private static final List<String> ATTACKS =
      List.of(
          // More lines, sections and words.
          "x\n  server evil 198.18.6.6:80",
          "x\nbackend evil",
          "x\nfrontend evil\n  bind :6666",
          "x\r\nglobal\r\n  daemon",
          "\n",
          "\r",
          "x\u000bbackup",
          "x\fbackup",
          "x\u0085y",
          "x\u2028y",
          "x backup",
          "x\tbackup",
          "x check port 1 addr 198.18.6.6",
          "x ssl verify none",
          "x source 198.18.6.6",
          "x track web/good",
          "x#",
          "# x",
          "x # y",
          // Quotes, escapes and expansions.
          "\"x y\"",
          "'x y'",
          "\"",
          "'",
          "x\"",
          "x'y",
          "\\",
          "x\\",
          "x\\ y",
          "\\x20",
          "x\\n",
          "$HOME",
          "${HOME}",
          "\"${HOME}\"",
          "${HOME[*]}",
          "%[env(HOME)]",
          "%[src]",
          "%{+Q}o",
          "%%",
          "%t",
          "`id`",
          "$(id)",
          // Addresses that lead somewhere else.
          "unix@/run/haproxy/master.sock",
          "/run/haproxy/admin.sock",
          "abns@evil",
          "fd@0",
          "ipv4@198.18.6.6",
          "*:80",
          ":80",
          "0.0.0.0",
          "::",
          "2130706433",
          "0x7f000001",
          "127.1",
          "198.18.0.1#",
          "198.18.0.1:80 backup",
          "198.18.0.1,198.18.0.2",
          "198.18.0.1-198.18.0.9",
          "fe80::1%eth0",
          "localhost",
          "evil.example",
          // HAProxy's command line, and the template's own language.
          "x;show info",
          "x; disable server web/good",
          "@1 show info",
          "x <<",
          "{{name}}",
          "{{{id}}}",
          "{{#services.web}}",
          "{{/services.web}}",
          "}}",
          "{{=<% %>=}}",
          "{{env.STATS_PASSWORD}}",
          // Characters and sizes.
          "",
          " ",
          ".",
          "..",
          "../../etc/passwd",
          "-x",
          "=",
          "x=y",
          "x|y",
          "x&y",
          "x>y",
          "x*",
          "x?",
          "x!",
          "x^y",
          "x+y",
          "(x)",
          "[x]",
          "<script>alert(1)</script>",
          "\u0001",
          "\u001b[31mred",
          "\u007f",
          "\u00e9",
          "\u202egnp.exe",
          "\ufeffx",
          "\uff0e",
          "\ud83d\ude00",
          "x".repeat(129),
          "x".repeat(512));

  private HostileInstances() {}

  /** At least five hundred instances of a service, each with one hostile value in one place. */
  public static List<ServiceInstance> of(String service) {
    List<ServiceInstance> corpus = new ArrayList<>();
    for (int i = 0; i < ATTACKS.size(); i++) {
      String attack = ATTACKS.get(i);
      String id = "evil-" + i;
      add(corpus, service, attack, GOOD_ADDRESS, List.of(), Map.of());
      add(corpus, service, id + "-address", attack, List.of(), Map.of());
      add(corpus, service, id + "-suffix", "198.18.0.1" + attack, List.of(), Map.of());
      add(corpus, service, id + "-tag", GOOD_ADDRESS, List.of(attack), Map.of());
      add(corpus, service, id + "-tags", GOOD_ADDRESS, List.of("backup", attack), Map.of());
      for (String key : List.of("zone", "lb-balance", "lb-check-path", "lb-maxconn", "lb-sticky")) {
        add(corpus, service, id + "-" + key, GOOD_ADDRESS, List.of(), Map.of(key, attack));
      }
    }
    return List.copyOf(corpus);
  }

  /** Adds one at a port of its own. */
  private static void add(
      List<ServiceInstance> corpus,
      String service,
      String id,
      String address,
      List<String> tags,
      Map<String, String> meta) {
    corpus.add(instance(service, id, address, FIRST_PORT + corpus.size(), tags, meta));
  }

  private static ServiceInstance instance(
      String service,
      String id,
      String address,
      int port,
      List<String> tags,
      Map<String, String> meta) {
    return ServiceInstance.builder(service, address, port)
        .id(id)
        .node("node-1")
        .tags(tags)
        .meta(meta)
        .datacenter("dc1")
        .build();
  }

  /** An instance that asks for nothing unusual, at a port of its own. */
  public static ServiceInstance good(String service, String id) {
    return instance(
        service,
        id,
        "198.18.0.5",
        8000 + Math.floorMod(id.hashCode(), 1000),
        List.of("java"),
        Map.of(
            "zone",
            "eu-1",
            "lb-balance",
            "leastconn",
            "lb-check-path",
            "/well",
            "lb-maxconn",
            "100"));
  }
}
