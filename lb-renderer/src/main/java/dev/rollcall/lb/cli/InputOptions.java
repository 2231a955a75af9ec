package dev.rollcall.lb.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a configuration is rendered from. */
final class InputOptions {
  @Option(
      names = "--template",
      order = 1,
      paramLabel = "FILE",
      description =
          "The Mustache template; read again when it changes. Default: the built-in one, for a service named web.")
  @Nullable String template;

  @Option(
      names = "--consul",
      order = 2,
      paramLabel = "ADDRESS",
      description = "Consul's address instead of CONSUL_HTTP_ADDR, such as http://127.0.0.1:8500.")
  @Nullable String consul;

  @Option(
      names = "--wait-for-first",
      order = 3,
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = {
        "How long to wait for Consul's first answer for every service. After that run takes the configuration of an earlier run, if there is one, else empty"
            + " pools until Consul answers; the others, and --once, give up. Default: ${DEFAULT-VALUE}"
      })
  String waitForFirst = "";
}
