package dev.rollcall.lb.cli;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.lb.status.SecretRedactor;
import dev.rollcall.lb.template.LocalNetwork;
import dev.rollcall.lb.template.TemplateEnvironment;
import dev.rollcall.lb.template.TemplateSources;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration is rendered from, judged. Immutable.
 *
 * @param templates where the templates come from
 * @param target the configuration to write; empty if no template names it
 * @param environment what it may read
 * @param consul where Consul is
 * @param consulVariables what that was made of
 * @param consulWait how long Consul holds a question back while nothing changes
 * @param worst in what health an instance still gets traffic
 * @param patience how long to wait for its first answers
 * @param machine what is known of HAProxy's machine, taken to be this one
 */
record RenderInput(
    TemplateSources templates,
    Optional<Path> target,
    TemplateEnvironment environment,
    ConsulOptions consul,
    Map<String, String> consulVariables,
    Duration consulWait,
    HealthStatus worst,
    Duration patience,
    LocalNetwork machine) {
  private static final String CONSUL_ADDRESS = "CONSUL_HTTP_ADDR";
  private static final int LONGEST_PATIENCE = 3600;
  private static final int LONGEST_WAIT = 600;

  static RenderInput of(InputOptions options, Map<String, String> variables) throws ExitException {
    Map<String, String> environment = SecretFiles.read(variables);
    TemplateArguments templates = TemplateArguments.of(options.templates);
    Map<String, String> consul = consulVariables(options.consul, environment);
    ConsulOptions where = consul(RunSettings.given(options.consul), consul);
    return new RenderInput(
        templates.sources(),
        templates.target(),
        new TemplateEnvironment(environment),
        where,
        consul,
        seconds("--consul-wait", options.consulWait, 1, LONGEST_WAIT),
        health(options.health),
        seconds("--wait-for-first", options.waitForFirst, 0, LONGEST_PATIENCE),
        LoopbackPolicy.machine(options.allowLoopback, where.addresses()));
  }

  private static HealthStatus health(String text) throws ExitException {
    Set<String> statuses = Set.copyOf(List.of(text.strip().split("\\s*,\\s*", -1)));
    if (statuses.equals(Set.of("passing"))) {
      return HealthStatus.PASSING;
    }
    if (statuses.equals(Set.of("passing", "warning"))) {
      return HealthStatus.WARNING;
    }
    throw RunSettings.usage("--health is '" + text + "': give passing, or passing,warning");
  }

  /** The same file under one name, however it was written. */
  static Path absolute(Path path) {
    return path.toAbsolutePath().normalize();
  }

  /** Where Consul is, for a connection that tells someone what happens to it. */
  ConsulOptions consul(DiscoveryListener listener) {
    return ConsulOptions.builder(consulVariables).waitTime(consulWait).listener(listener).build();
  }

  /** What must not be served. */
  SecretRedactor redaction() {
    return SecretRedactor.redact(consulVariables);
  }

  private static Map<String, String> consulVariables(
      @Nullable String address, Map<String, String> environment) {
    Map<String, String> variables = new HashMap<>(environment);
    if (address != null && !address.isBlank()) {
      variables.put(CONSUL_ADDRESS, address);
    }
    return Map.copyOf(variables);
  }

  private static ConsulOptions consul(boolean option, Map<String, String> variables)
      throws ExitException {
    try {
      return ConsulOptions.fromEnvironment(variables);
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      throw RunSettings.usage(option ? message.replace(CONSUL_ADDRESS, "--consul") : message);
    }
  }

  private static Duration seconds(String option, String value, int least, int most)
      throws ExitException {
    return RunSettings.number(value, least, most)
        .map(Duration::ofSeconds)
        .orElseThrow(
            () ->
                RunSettings.usage(
                    option + " is '" + value + "': give seconds from " + least + " to " + most));
  }
}
