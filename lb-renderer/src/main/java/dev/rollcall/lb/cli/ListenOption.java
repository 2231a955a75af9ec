package dev.rollcall.lb.cli;

import picocli.CommandLine.Option;

/** Where a running lb-renderer tells its status. */
final class ListenOption {
  @Option(
      names = "--listen",
      order = 20,
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:8404",
      description =
          "Where run serves the live page /, /healthz, /readyz, /status (JSON) and /metrics (Prometheus), and where status asks; or off. Default: ${DEFAULT-VALUE}")
  String address = "";
}
