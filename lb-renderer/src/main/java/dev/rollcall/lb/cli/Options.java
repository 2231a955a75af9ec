package dev.rollcall.lb.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line as it is written. */
@Command(
    name = "lb-renderer",
    sortOptions = false,
    usageHelpWidth = 100,
    mixinStandardHelpOptions = false,
    versionProvider = Version.class,
    description = {
      "Keeps HAProxy in step with the services that a template names: watches them in Consul, renders the template at each change, has HAProxy check the"
          + " configuration, writes it and reloads HAProxy without losing a request.",
      "",
      "Every option with a value can also be set in the environment, as LB_RENDERER_ and its name: LB_RENDERER_MASTER_SOCKET for --master-socket. Consul's"
          + " address, token and certificates come from CONSUL_HTTP_ADDR (several with commas), CONSUL_HTTP_TOKEN, CONSUL_HTTP_TOKEN_FILE, CONSUL_CACERT, CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY, as for the consul command.",
      ""
    },
    footer = {
      "",
      "In a template: {{#services.NAME}} … {{/services.NAME}} once for each passing instance of a service, in it {{name}} {{address}} {{port}} {{weight}} {{status}} {{id}}"
          + " {{node}} {{datacenter}} {{meta.KEY}}, {{#tags}}{{.}}{{/tags}} and {{#tagged.TAG}} … {{/tagged.TAG}}; only those with a tag, or the others, in {{#services.NAME.tagged.TAG}} and"
          + " {{#services.NAME.untagged.TAG}}; what the instances ask for in their metadata, lb-balance and the like, in {{#services.NAME.option.balance}}{{.}}{{/services.NAME.option.balance}}"
          + " (balance, check-path, timeout, maxconn, sticky); {{env.NAME}} for STATS_USER, STATS_PASSWORD and names that start with LB_.",
      "An instance with a value that could leave its place in the configuration is left out, and named in the log and in /status.",
      "",
      "Examples:",
      "  lb-renderer --dry-run",
      "  lb-renderer --template web.mustache --haproxy /usr/sbin/haproxy",
      "  lb-renderer --output /etc/rollcall/haproxy.cfg --master-socket /run/haproxy/master.sock"
    })
abstract class Options implements Callable<Integer> {
  @Option(
      names = "--template",
      paramLabel = "FILE",
      description =
          "The Mustache template; read again when it changes. Default: the built-in one, for a service named web.")
  @Nullable String template;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      defaultValue = "/etc/haproxy/haproxy.cfg",
      description = "The configuration to write. Default: ${DEFAULT-VALUE}")
  String output = "";

  @Option(
      names = "--master-socket",
      paramLabel = "SOCKET",
      description =
          "Attach to a running HAProxy (haproxy -W -S SOCKET,level,admin), and leave it running at the end.")
  @Nullable String masterSocket;

  @Option(
      names = "--haproxy",
      paramLabel = "BINARY",
      description =
          "Run this HAProxy as a child, and stop it gracefully at the end. Without this and --master-socket only the file is written.")
  @Nullable String haproxy;

  @Option(
      names = "--once",
      description =
          "Render and apply once, and exit; with --haproxy HAProxy checks the file and is not started.")
  boolean once;

  @Option(names = "--dry-run", description = "Render to standard output, touch nothing, and exit.")
  boolean dryRun;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:8404",
      description =
          "Where /healthz, /readyz and /status (JSON) are served, or off. Default: ${DEFAULT-VALUE}")
  String listen = "";

  @Option(
      names = "--consul",
      paramLabel = "ADDRESS",
      description = "Consul's address instead of CONSUL_HTTP_ADDR, such as http://127.0.0.1:8500.")
  @Nullable String consul;

  @Option(
      names = "--wait-for-first",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = {
        "How long to wait for Consul's first answer for every service. After that the configuration of an earlier run is used, if there is one; else pools are"
            + " empty until Consul answers; --once and --dry-run give up. Default: ${DEFAULT-VALUE}"
      })
  String waitForFirst = "";

  @Option(
      names = "--wait",
      paramLabel = "MIN:MAX",
      defaultValue = "200ms:1s",
      description = {
        "A change that comes when nothing was applied for MIN is applied at once; those that come sooner are applied together, when none has come for MIN, or"
            + " MAX after the first of them. Default: ${DEFAULT-VALUE}"
      })
  String quiescence = "";

  @Option(
      names = "--guard-shrink",
      paramLabel = "PERCENT",
      defaultValue = "50%",
      description = {
        "How much of a pool may fail its checks, or be unknown after Consul was away, and is believed at once; of more than that within the grace time the rest"
            + " stays in the pool until its end. Instances that deregister leave at once. Default: ${DEFAULT-VALUE}"
      })
  String guardShrink = "";

  @Option(
      names = "--guard-grace",
      paramLabel = "TIME",
      defaultValue = "30s",
      description =
          "How long a loss is not believed: twice the time between two heartbeats, or more. 0s guards nothing. Default: ${DEFAULT-VALUE}")
  String guardGrace = "";

  @Option(
      names = "--min-servers",
      paramLabel = "COUNT",
      defaultValue = "1",
      description =
          "What a pool must have: where fewer would be left, those that go stay for the grace time, even if they deregister; 0 lets it become empty. Default: ${DEFAULT-VALUE}")
  String minServers = "";

  @Option(
      names = "--guard-policy",
      paramLabel = "POLICY",
      defaultValue = "hold",
      description = {
        "What becomes of a pool with fewer servers than that after the grace time: hold (the last known stay until enough are back), serve-503 (Consul is"
            + " believed) or fallback:SERVICE (that service's instances help out). Instances that deregistered are let go in any case. The guard's four options"
            + " take settings for single services too: --min-servers 1,web=3. Default: ${DEFAULT-VALUE}"
      })
  String guardPolicy = "";

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this and exit.")
  boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version and exit.")
  boolean version;
}
