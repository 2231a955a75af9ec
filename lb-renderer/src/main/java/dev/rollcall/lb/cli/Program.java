package dev.rollcall.lb.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program as a whole, of which the commands are parts. */
@Command(
    name = "lb-renderer",
    sortOptions = false,
    usageHelpWidth = 100,
    versionProvider = Version.class,
    customSynopsis = {
      "lb-renderer [run] [OPTION...]",
      "       lb-renderer render|check|status|template [OPTION...]"
    },
    description = {
      "",
      "Keeps HAProxy in step with the services that a template names: watches them in Consul, renders the template at each change, has HAProxy check the"
          + " configuration, writes it and brings HAProxy to it without losing a request."
    },
    optionListHeading = "%nOptions:%n",
    commandListHeading = "%nCommands, each with a --help of its own:%n",
    footerHeading = "%nSettings:%n",
    footer = {
      "Every option is also a variable: LB_RENDERER_MASTER_SOCKET for --master-socket, LB_RENDERER_ONCE=true for --once. The command line is stronger. Consul's"
          + " address, token and certificates come from CONSUL_HTTP_ADDR (several with commas), CONSUL_HTTP_SSL, CONSUL_HTTP_SSL_VERIFY, CONSUL_HTTP_TOKEN, CONSUL_HTTP_TOKEN_FILE, CONSUL_HTTP_AUTH, CONSUL_CACERT, CONSUL_CAPATH, CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY and CONSUL_TLS_SERVER_NAME, as for the consul command.",
      "",
      "@FILE stands for the arguments in a file, separated by white space; # begins a comment. A command's name comes before it.",
      "",
      "In a template: {{#services.NAME}} … {{/services.NAME}} once for each instance that is served, in it {{name}} {{address}} {{port}} {{weight}} {{status}} {{id}}"
          + " {{node}} {{datacenter}} {{meta.KEY}}, {{#tags}}{{.}}{{/tags}} and {{#tagged.TAG}} … {{/tagged.TAG}}; only those with a tag, or the others, in {{#services.NAME.tagged.TAG}} and"
          + " {{#services.NAME.untagged.TAG}}; what the instances ask for in their metadata, lb-balance and the like, in {{#services.NAME.option.balance}}{{.}}{{/services.NAME.option.balance}}"
          + " (balance, check-path, timeout, maxconn, sticky); {{env.NAME}} for STATS_USER, STATS_PASSWORD and names that start with LB_. A password, token or secret among them may stand in a file: STATS_PASSWORD_FILE.",
      "An instance with a value that could leave its place in the configuration is left out, and named in the log and in /status.",
      "",
      "Signals to run: TERM and INT stop it gracefully, a second one at once; HUP has the template read again.",
      "",
      "Examples:",
      "  lb-renderer render",
      "  lb-renderer --template web.mustache --haproxy /usr/sbin/haproxy",
      "  lb-renderer --output /etc/rollcall/haproxy.cfg --master-socket /run/haproxy/master.sock",
      "  lb-renderer run @/etc/lb-renderer/arguments",
      "  lb-renderer status --json"
    })
final class Program {
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
