package dev.rollcall.lb.cli;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.lb.consul.InstanceSelection;
import dev.rollcall.lb.consul.SelfPreservationRules.PerService;
import dev.rollcall.lb.routing.RoutingRules;
import dev.rollcall.lb.routing.ServiceSelector;
import dev.rollcall.lb.status.SecretRedactor;
import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.HaproxyTemplate.LocalNetwork;
import dev.rollcall.lb.template.ServerNames;
import dev.rollcall.lb.template.TemplateEnvironment;
import dev.rollcall.lb.template.TemplateSource;
import dev.rollcall.lb.template.TemplateSources;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * What a configuration is rendered from, validated. Immutable.
 *
 * @param templates where the templates come from
 * @param output the configuration to write; empty if no template names it
 * @param variables the environment, with secrets that stand in files and the address of Consul
 * @param consul where Consul is
 * @param selection which instances get traffic
 * @param firstAnswerTimeout how long to wait for Consul's first answers
 * @param machine what is known of HAProxy's machine, taken to be this one
 * @param serverNames which of its names a server gets
 * @param selector which services a template ranges over
 * @param routing what instances may ask for
 */
record RenderInput(
    TemplateSources templates,
    Optional<Path> output,
    Map<String, String> variables,
    ConsulOptions consul,
    InstanceSelection selection,
    Duration firstAnswerTimeout,
    LocalNetwork machine,
    ServerNames.Style serverNames,
    ServiceSelector selector,
    RoutingRules routing) {
  private static final String CONSUL_ADDRESS = "CONSUL_HTTP_ADDR";

  static RenderInput of(Options options, Map<String, String> environment) throws ExitException {
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
    ConsulOptions consul = consul(variables, options, named);
    return new RenderInput(
        sources(templates),
        templates.stream().findFirst().flatMap(TemplateArgument::output),
        Map.copyOf(variables),
        consul,
        new InstanceSelection(options.worstHealth, options.proxies, options.taggedAddress),
        options.firstAnswerTimeout,
        LoopbackPolicy.machine(options.allowLoopback, consul.addresses()),
        options.serverNames,
        options.selector(),
        options.routingRules());
  }

  private static ConsulOptions consul(Map<String, String> variables, Options options, boolean named)
      throws ExitException {
    try {
      return consul(variables, options.consulWait, options.consulConnections).build();
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      throw ExitException.usage(named ? message.replace(CONSUL_ADDRESS, "--consul") : message);
    }
  }

  /** Where Consul is, for a connection that tells someone what happens to it. */
  ConsulOptions consul(DiscoveryListener listener) {
    return consul(variables, consul.waitTime(), consul.connections()).listener(listener).build();
  }

  private static ConsulOptions.Builder consul(
      Map<String, String> variables, Duration wait, int connections) {
    return ConsulOptions.builder(variables).waitTime(wait).connections(connections);
  }

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
                          "--template %s is not the first: name the file that it is for, as IN:OUT"
                              .formatted(other.value())));
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

  /**
   * What the template and the rule that selects services say of each other, if one of them is of no
   * use without the other; empty if they fit.
   */
  Optional<String> selectionProblem(HaproxyTemplate template) {
    if (template.isRanging() && selector.isNone()) {
      return Optional.of(
          "The template has a section {{#services}}, and no service is selected: name them with --services or --services-tag");
    }
    return Optional.of(
            "--services and --services-tag select services for a section {{#services}}, which the template has not")
        .filter(problem -> !template.isRanging() && !selector.isNone());
  }

  /** What a configuration is rendered from, as the command line says it. */
  static final class Options {
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
        description =
            "Consul's address instead of CONSUL_HTTP_ADDR, such as http://127.0.0.1:8500 or unix:///run/consul.sock.")
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
        names = "--consul-connections",
        order = 3,
        paramLabel = "COUNT",
        defaultValue = "200",
        converter = OptionConverters.ConsulConnections.class,
        description = {
          "How many connections to a Consul agent are opened at most. Each service needs one; those beyond are polled. The agent's own limit is limits.http_max_conns_per_client. Default: ${DEFAULT-VALUE}"
        })
    int consulConnections;

    @Option(
        names = "--health",
        order = 4,
        paramLabel = "STATUSES",
        defaultValue = "passing,warning",
        converter = OptionConverters.WorstHealth.class,
        completionCandidates = OptionConverters.WorstHealth.class,
        description = {
          "In what health an instance gets traffic. passing,warning, as in Consul's DNS: one that warns stays, with the weight that it is registered with for warnings. passing: one that warns is treated as one that fails. Default: ${DEFAULT-VALUE}"
        })
    HealthStatus worstHealth = HealthStatus.WARNING;

    @Option(
        names = "--proxies",
        order = 4,
        paramLabel = "YES-OR-NO",
        defaultValue = "no",
        converter = OptionConverters.Proxies.class,
        description = {
          "Whether sidecar proxies and gateways (what has a Kind in Consul) that are registered under a service's name get traffic. For single services: no,ingress-gateway=yes. Default: ${DEFAULT-VALUE}"
        })
    PerService<Boolean> proxies = PerService.all(false);

    @Option(
        names = "--tagged-address",
        order = 4,
        paramLabel = "TAG",
        defaultValue = "none",
        converter = OptionConverters.TaggedAddress.class,
        description = {
          "The tagged address in Consul, such as wan or lan_ipv6, at which an instance gets traffic if it has one; or none. For single services: none,web@dc2=wan. Default: ${DEFAULT-VALUE}"
        })
    PerService<String> taggedAddress = PerService.all("");

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

    @Option(
        names = "--server-names",
        order = 5,
        paramLabel = "STYLE",
        defaultValue = "plain",
        converter = OptionConverters.ServerNameStyle.class,
        completionCandidates = OptionConverters.ServerNameStyle.class,
        description = {
          "plain: a server is called by its instance's id where that is free, and then for good. full: always by the id and a digest of datacenter, node and id, so that balancers agree on all names whatever each has seen; for a pair of them. Default: ${DEFAULT-VALUE}"
        })
    ServerNames.Style serverNames = ServerNames.Style.PLAIN;

    @Option(
        names = "--services",
        order = 6,
        paramLabel = "PATTERNS",
        split = ",",
        converter = OptionConverters.ServicePattern.class,
        description = {
          "Which services a section {{#services}} of a template ranges over, by name: web,shop-* with * for any characters. Without this and --services-tag it ranges over none."
        })
    List<String> services = new ArrayList<>();

    @Option(
        names = "--services-tag",
        order = 6,
        paramLabel = "TAGS",
        split = ",",
        converter = OptionConverters.ServiceTag.class,
        description = {
          "The same by tag: a service is selected that has one of these tags and, with --services, a name that matches."
        })
    List<String> servicesTags = new ArrayList<>();

    @Option(
        names = "--max-services",
        order = 6,
        paramLabel = "COUNT",
        defaultValue = "500",
        converter = OptionConverters.MaxServices.class,
        description = {
          "How many services are selected at most. Those that come later are named in the log and in /status. Default: ${DEFAULT-VALUE}"
        })
    int maxServices;

    @Option(
        names = "--allow-host",
        order = 6,
        paramLabel = "HOSTS",
        split = ",",
        converter = OptionConverters.AllowedHost.class,
        description = {
          "The hosts that selected services may ask for (lb-host in their metadata): www.example.org,*.apps.example.org; * allows every host, and routes for all hosts. Without this none."
        })
    List<String> allowedHosts = new ArrayList<>();

    @Option(
        names = "--allow-port",
        order = 6,
        paramLabel = "PORTS",
        split = ",",
        converter = OptionConverters.AllowedPorts.class,
        description = {
          "The ports of HAProxy that selected services of lb-mode tcp may ask for (lb-port in their metadata): 9000-9099,9443. Without this none."
        })
    List<RoutingRules.PortRange> allowedPorts = new ArrayList<>();

    @Option(
        names = "--read-tags",
        order = 6,
        paramLabel = "TOOLS",
        split = ",",
        converter = OptionConverters.ReadTags.class,
        completionCandidates = OptionConverters.ReadTags.class,
        description = {
          "Tags of other load balancers that say what selected services ask for: fabio (urlprefix-HOST/PATH), traefik (router rules of Host and PathPrefix). Default: none"
        })
    List<RoutingRules.TagSyntax> readTags = new ArrayList<>();

    ServiceSelector selector() {
      return new ServiceSelector(services, Set.copyOf(servicesTags), maxServices);
    }

    RoutingRules routingRules() {
      return new RoutingRules(allowedHosts, allowedPorts, Set.copyOf(readTags));
    }
  }
}
