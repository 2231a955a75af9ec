package dev.rollcall.lb.cli;

import dev.rollcall.discovery.HealthStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a configuration is rendered from, as the command line says it. */
final class InputOptions {
  @Option(
      names = "--template",
      order = 1,
      paramLabel = "IN[:OUT]",
      split = ",",
      description = {
        "The Mustache template; read again when it changes. Default: the built-in one, for a"
            + " service named web. With OUT that is written instead of --output. Further ones, each"
            + " with an OUT, are for files that the configuration reads (maps, error pages …): they"
            + " are written first, and HAProxy is reloaded when one has changed. Several in one"
            + " value are separated by commas."
      })
  List<String> templates = new ArrayList<>();

  @Option(
      names = "--consul",
      order = 2,
      paramLabel = "ADDRESS",
      description = "Consul's address instead of CONSUL_HTTP_ADDR, such as http://127.0.0.1:8500.")
  @Nullable String consul;

  @Option(
      names = "--consul-wait",
      order = 3,
      paramLabel = "SECONDS",
      defaultValue = "25",
      converter = OptionConverters.ConsulWait.class,
      description = {
        "How long Consul holds a query while nothing changes. Consul adds up to a sixteenth: keep the sum below the time-out of a proxy before Consul. Default: ${DEFAULT-VALUE}"
      })
  Duration consulWait = Duration.ZERO;

  @Option(
      names = "--health",
      order = 4,
      paramLabel = "STATUSES",
      defaultValue = "passing,warning",
      converter = OptionConverters.WorstHealth.class,
      description = {
        "In what health an instance gets traffic. passing,warning, as in Consul's DNS: one that warns stays, with the weight that it is registered with for warnings. passing: one that warns is treated as one that fails. Default: ${DEFAULT-VALUE}"
      })
  HealthStatus worstHealth = HealthStatus.WARNING;

  @Option(
      names = "--wait-for-first",
      order = 5,
      paramLabel = "SECONDS",
      defaultValue = "10",
      converter = OptionConverters.FirstAnswerTimeout.class,
      description = {
        "How long to wait for Consul's first answer for each service. After that, run gives a service without an answer the servers of its last run, or none; the other commands, and --once, give up. Default: ${DEFAULT-VALUE}"
      })
  Duration firstAnswerTimeout = Duration.ZERO;

  @Option(
      names = "--allow-loopback",
      order = 4,
      paramLabel = "WHEN",
      defaultValue = "auto",
      description = {
        "Whether (yes, no or auto) an instance may be at 127.0.0.1 or ::1, which is HAProxy's own machine whoever registers it. auto allows it if every address of Consul is one of this machine. Default: ${DEFAULT-VALUE}"
      })
  String allowLoopback = "";
}
