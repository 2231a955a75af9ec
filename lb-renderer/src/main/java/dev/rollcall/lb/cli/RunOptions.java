package dev.rollcall.lb.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code run} takes, as it is written. */
final class RunOptions {
  @Mixin InputOptions input = new InputOptions();
  @Mixin ListenOption listen = new ListenOption();

  @Option(
      names = "--output",
      order = 10,
      paramLabel = "FILE",
      defaultValue = "/etc/haproxy/haproxy.cfg",
      description = "The configuration to write. Default: ${DEFAULT-VALUE}")
  String output = "";

  @Option(
      names = "--master-socket",
      order = 11,
      paramLabel = "SOCKET",
      description =
          "Attach to a running HAProxy (haproxy -W -S SOCKET,level,admin), and leave it running at the end.")
  @Nullable String masterSocket;

  @Option(
      names = "--haproxy",
      order = 12,
      paramLabel = "BINARY",
      description =
          "Run this HAProxy as a child, and stop it gracefully at the end. Without this and --master-socket only the file is written.")
  @Nullable String haproxy;

  @Option(
      names = "--once",
      order = 13,
      description =
          "Render and apply once, and exit; with --haproxy HAProxy checks the file and is not started.")
  boolean once;

  @Option(
      names = "--check-timeout",
      order = 14,
      paramLabel = "TIME",
      defaultValue = "3m",
      description = {
        "How long haproxy -c may take: 20,000 certificates take some 30 s. If it takes longer, a change of servers stays, and any other change is not made. Default: ${DEFAULT-VALUE}"
      })
  String checkTimeout = "";

  @Option(
      names = "--reload-timeout",
      order = 15,
      paramLabel = "TIME",
      defaultValue = "5m",
      description = {
        "How long HAProxy may take to load a configuration, at a reload or a start; after that the"
            + " last good one is put back. Default: ${DEFAULT-VALUE}"
      })
  String reloadTimeout = "";

  @Option(
      names = "--status-host",
      order = 21,
      paramLabel = "NAME",
      split = ",",
      description = {
        "A further host name that requests for the status may use, such as lb.example.com. Addresses, localhost, names without a dot and the name in --listen are always allowed; others are refused, so that no web page can read the status under a name of its own (DNS rebinding). Several are separated by commas."
      })
  List<String> statusHosts = new ArrayList<>();

  @Option(
      names = "--wait",
      order = 30,
      paramLabel = "MIN:MAX",
      defaultValue = "25ms:250ms",
      description = {
        "A change that comes when nothing was applied for MIN is applied at once; those that come"
            + " sooner are applied together, when none has come for MIN, or MAX after the first of"
            + " them. After a reload both are eight times as long. Default: ${DEFAULT-VALUE}"
      })
  String quiescence = "";

  @Option(
      names = "--guard-shrink",
      order = 31,
      paramLabel = "PERCENT",
      defaultValue = "50%",
      description = {
        "The share of a pool that may fail its checks, or be unknown after Consul was away, within the grace time, and leaves at once. Instances beyond it stay in the pool until the grace time is over. Instances that deregister leave at once. Default: ${DEFAULT-VALUE}"
      })
  String guardShrink = "";

  @Option(
      names = "--guard-grace",
      order = 32,
      paramLabel = "TIME",
      defaultValue = "30s",
      description =
          "How long a loss is not believed: twice the time between two heartbeats, or more. 0s guards nothing. Default: ${DEFAULT-VALUE}")
  String guardGrace = "";

  @Option(
      names = "--min-servers",
      order = 33,
      paramLabel = "COUNT",
      defaultValue = "1",
      description =
          "What a pool must have: where fewer would be left, those that go stay for the grace time, even if they deregister; 0 lets it become empty. Default: ${DEFAULT-VALUE}")
  String minServers = "";

  @Option(
      names = "--guard-policy",
      order = 34,
      paramLabel = "POLICY",
      defaultValue = "hold",
      description = {
        "What becomes of a pool with fewer servers than that after the grace time: hold (the last"
            + " known stay until enough are back), serve-503 (Consul is believed) or"
            + " fallback:SERVICE (that service's instances help out). Instances that deregistered"
            + " are let go in any case. The guard's four options take settings for single services"
            + " too: --min-servers 1,web=3. Default: ${DEFAULT-VALUE}"
      })
  String guardPolicy = "";
}
