package dev.rollcall.lb.cli;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.lb.status.SecretRedactor;
import dev.rollcall.lb.template.LocalNetwork;
import dev.rollcall.lb.template.TemplateEnvironment;
import dev.rollcall.lb.template.TemplateSource;
import dev.rollcall.lb.template.TemplateSources;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration is rendered from, validated. Immutable.
 *
 * @param templates where the templates come from
 * @param output the configuration to write; empty if no template names it
 * @param variables the environment, with secrets that stand in files and the address of Consul
 * @param consul where Consul is
 * @param worstHealth in what health an instance still gets traffic
 * @param firstAnswerTimeout how long to wait for Consul's first answers
 * @param machine what is known of HAProxy's machine, taken to be this one
 */
record RenderInput(
    TemplateSources templates,
    Optional<Path> output,
    Map<String, String> variables,
    ConsulOptions consul,
    HealthStatus worstHealth,
    Duration firstAnswerTimeout,
    LocalNetwork machine) {
  private static final String CONSUL_ADDRESS = "CONSUL_HTTP_ADDR";

  static RenderInput of(InputOptions options, Map<String, String> environment)
      throws ExitException {
    Map<String, String> variables = new HashMap<>(SecretFiles.read(environment));
    boolean named = options.consul != null && !options.consul.isBlank();
    if (named) {
      variables.put(CONSUL_ADDRESS, options.consul);
    }
    List<TemplateArgument> templates =
        options.templates.stream()
            .filter(value -> !value.isBlank())
            .map(TemplateArgument::parse)
            .toList();
    ConsulOptions consul = consul(variables, options.consulWait, named);
    return new RenderInput(
        sources(templates),
        templates.stream().findFirst().flatMap(TemplateArgument::output),
        Map.copyOf(variables),
        consul,
        options.worstHealth,
        options.firstAnswerTimeout,
        LoopbackPolicy.machine(options.allowLoopback, consul.addresses()));
  }

  private static ConsulOptions consul(Map<String, String> variables, Duration wait, boolean named)
      throws ExitException {
    try {
      return ConsulOptions.builder(variables).waitTime(wait).build();
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      throw ExitException.usage(named ? message.replace(CONSUL_ADDRESS, "--consul") : message);
    }
  }

  /** Where Consul is, for a connection that tells someone what happens to it. */
  ConsulOptions consul(DiscoveryListener listener) {
    return ConsulOptions.builder(variables).waitTime(consul.waitTime()).listener(listener).build();
  }

  /** What templates may read. */
  TemplateEnvironment templateEnvironment() {
    return new TemplateEnvironment(variables);
  }

  /** Removes what must not be served. */
  SecretRedactor redactor() {
    return SecretRedactor.of(variables);
  }

  /** The same file under one name, however it was written. */
  static Path absolute(Path path) {
    return path.toAbsolutePath().normalize();
  }

  private static TemplateSources sources(List<TemplateArgument> given) throws ExitException {
    if (given.isEmpty()) {
      return TemplateSources.only(TemplateSource.builtIn());
    }
    Map<Path, TemplateSource> others = new TreeMap<>();
    for (TemplateArgument other : given.subList(1, given.size())) {
      Path output =
          other
              .output()
              .orElseThrow(
                  () ->
                      ExitException.usage(
                          "--template "
                              + other.value()
                              + " is not the first: name the file that it is for, as IN:OUT"));
      if (others.put(output, other.source()) != null) {
        throw sameOutput(output);
      }
    }
    return new TemplateSources(given.get(0).source(), others);
  }

  static ExitException sameOutput(Path output) {
    return ExitException.usage(
        "--template: two of them write " + output + ": give each a file of its own");
  }

  /** A value of {@code --template}. */
  private record TemplateArgument(String value, TemplateSource source, @Nullable Path target) {
    /** Parts at the last colon, so that a path with colons can be given as {@code a:b:}. */
    static TemplateArgument parse(String value) {
      int colon = value.lastIndexOf(':');
      String in = colon < 0 ? value : value.substring(0, colon);
      String out = colon < 0 ? "" : value.substring(colon + 1);
      return new TemplateArgument(
          value,
          in.isBlank() ? TemplateSource.builtIn() : TemplateSource.of(Path.of(in)),
          out.isBlank() ? null : absolute(Path.of(out)));
    }

    Optional<Path> output() {
      return Optional.ofNullable(target);
    }
  }
}
