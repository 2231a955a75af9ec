package dev.rollcall.lb.cli;

import dev.rollcall.lb.consul.SelfPreservationRules;
import dev.rollcall.lb.consul.SelfPreservationRules.PerService;
import dev.rollcall.lb.consul.SelfPreservationRules.UndersizedPoolPolicy;
import dev.rollcall.lb.reconcile.Debouncer;
import dev.rollcall.lb.reconcile.ReconcilerSettings;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code run} takes. */
final class RunOptions {
  @Mixin RenderInput.Options input = new RenderInput.Options();
  @Mixin ListenOption listen = new ListenOption();

  @Option(
      names = "--output",
      order = 10,
      paramLabel = "FILE",
      defaultValue = "/etc/haproxy/haproxy.cfg",
      description = "The configuration to write. Default: ${DEFAULT-VALUE}")
  Path output = Path.of("");

  @Option(
      names = "--master-socket",
      order = 11,
      paramLabel = "SOCKET",
      description =
          "Attach to a running HAProxy (haproxy -W -S SOCKET,level,admin), and leave it running at the end.")
  @Nullable Path masterSocket;

  @Option(
      names = "--haproxy",
      order = 12,
      paramLabel = "BINARY",
      description =
          "Run this HAProxy as a child, and stop it gracefully at the end. Without this and --master-socket only the file is written.")
  @Nullable Path haproxy;

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
      converter = OptionConverters.HaproxyTimeout.class,
      description = {
        "How long haproxy -c may take: 20,000 certificates take some 30 s. If it takes longer, a change of servers stays, and any other change is not made. Default: ${DEFAULT-VALUE}"
      })
  Duration checkTimeout = Duration.ZERO;

  @Option(
      names = "--reload-timeout",
      order = 15,
      paramLabel = "TIME",
      defaultValue = "5m",
      converter = OptionConverters.HaproxyTimeout.class,
      description = {
        "How long HAProxy may take to load a configuration, at a reload or a start; after that the"
            + " last good one is put back. Default: ${DEFAULT-VALUE}"
      })
  Duration reloadTimeout = Duration.ZERO;

  @Option(
      names = "--status-host",
      order = 21,
      paramLabel = "NAME",
      split = ",",
      converter = OptionConverters.HostName.class,
      description = {
        "A further host name that requests for the status may use, such as lb.example.com. Addresses, localhost, names without a dot and the name in --listen are always allowed; others are refused, so that no web page can read the status under a name of its own (DNS rebinding). Several are separated by commas."
      })
  List<String> statusHosts = new ArrayList<>();

  @Option(
      names = "--wait",
      order = 30,
      paramLabel = "MIN:MAX",
      defaultValue = "25ms:250ms",
      converter = OptionConverters.DebounceTimes.class,
      description = {
        "A change that comes when nothing was applied for MIN is applied at once; those that come"
            + " sooner are applied together, when none has come for MIN, or MAX after the first of"
            + " them. After a reload both are eight times as long. Default: ${DEFAULT-VALUE}"
      })
  Debouncer debouncer = Debouncer.of(Duration.ZERO, Duration.ZERO);

  @Option(
      names = "--guard-shrink",
      order = 31,
      paramLabel = "PERCENT",
      defaultValue = "50%",
      converter = OptionConverters.Shrink.class,
      description = {
        "The share of a pool that may fail its checks, or be unknown after Consul was away, within the grace time, and leaves at once. Instances beyond it stay in the pool until the grace time is over. Instances that deregister leave at once. Default: ${DEFAULT-VALUE}"
      })
  PerService<Integer> shrink = PerService.all(0);

  @Option(
      names = "--guard-grace",
      order = 32,
      paramLabel = "TIME",
      defaultValue = "30s",
      converter = OptionConverters.Grace.class,
      description =
          "How long a loss is not believed: twice the time between two heartbeats, or more. 0s guards nothing. Default: ${DEFAULT-VALUE}")
  PerService<Duration> grace = PerService.all(Duration.ZERO);

  @Option(
      names = "--min-servers",
      order = 33,
      paramLabel = "COUNT",
      defaultValue = "1",
      converter = OptionConverters.MinServers.class,
      description =
          "What a pool must have: where fewer would be left, those that go stay for the grace time, even if they deregister; 0 lets it become empty. Default: ${DEFAULT-VALUE}")
  PerService<Integer> minServers = PerService.all(0);

  @Option(
      names = "--guard-policy",
      order = 34,
      paramLabel = "POLICY",
      defaultValue = "hold",
      converter = OptionConverters.GuardPolicy.class,
      description = {
        "What becomes of a pool with fewer servers than that after the grace time: hold (the last"
            + " known stay until enough are back), serve-503 (Consul is believed) or"
            + " fallback:SERVICE (that service's instances help out; with SERVICE/SERVICE those of the"
            + " first that has any). Instances that deregistered"
            + " are let go in any case. The guard's four options take settings for single services"
            + " too: --min-servers 1,web=3. Default: ${DEFAULT-VALUE}"
      })
  PerService<UndersizedPoolPolicy> policy = PerService.all(new UndersizedPoolPolicy.Hold());

  /** Where a running lb-renderer serves its status. */
  static final class ListenOption {
    @Option(
        names = "--listen",
        order = 20,
        paramLabel = "HOST:PORT",
        defaultValue = "127.0.0.1:8404",
        converter = OptionConverters.ListenAddress.class,
        description =
            "Where run serves the live page /, /healthz, /readyz, /status (JSON) and /metrics (Prometheus), and where status asks; or off. Default: ${DEFAULT-VALUE}")
    @Nullable InetSocketAddress address;
  }

  /** Refuses options that do not fit each other. */
  void validate(RenderInput input) throws ExitException {
    if (masterSocket().isPresent() && haproxy().isPresent()) {
      throw ExitException.usage(
          "--master-socket and --haproxy: use one of them, to attach to an HAProxy or to run one");
    }
    if (given(output).isEmpty()) {
      throw ExitException.usage("--output is empty: name the file to write");
    }
    Path target = output(input);
    if (input.templates().others().containsKey(RenderInput.absolute(target))) {
      throw RenderInput.sameOutput(target);
    }
  }

  /** The configuration to write. */
  Path output(RenderInput input) {
    return input.output().orElse(output);
  }

  /** Of the HAProxy to attach to. */
  Optional<Path> masterSocket() {
    return given(masterSocket);
  }

  Optional<Path> haproxy() {
    return given(haproxy);
  }

  private static Optional<Path> given(@Nullable Path path) {
    return Optional.ofNullable(path).filter(one -> !one.toString().isBlank());
  }

  /** The further names under which the status is served. */
  List<String> allowedHosts() {
    List<String> names = new ArrayList<>(statusHosts);
    if (listen.address != null) {
      names.add(listen.address.getHostString());
    }
    return names;
  }

  ReconcilerSettings reconcilerSettings() {
    return new ReconcilerSettings(
        input.firstAnswerTimeout,
        new SelfPreservationRules(shrink, grace, minServers, policy),
        debouncer,
        input.serverNames,
        input.selector(),
        input.routingRules());
  }
}
