package dev.rollcall.lb.cli;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.consul.Catalog.WatchStatus;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.ConsulCatalog;
import dev.rollcall.lb.consul.OutageCounter;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.routing.RouteTable;
import dev.rollcall.lb.routing.ServiceSelector.Selection;
import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.RenderedConfig;
import dev.rollcall.lb.template.ServerNames;
import dev.rollcall.lb.template.TemplateException;
import dev.rollcall.lb.update.ApplyResult;
import dev.rollcall.lb.update.ConfigApplier;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Renders what Consul says now, and applies it once. */
final class OneTimeRun {
  private static final Logger log = LoggerFactory.getLogger(OneTimeRun.class);

  private OneTimeRun() {}

  /** Renders and applies. */
  static void run(RunOptions options, RenderInput input) throws ExitException {
    HaproxyTemplate template = ComponentFactory.template(input).current();
    Path output = options.output(input);
    ConfigFile file = ComponentFactory.output(output, input);
    try (Haproxy haproxy = ComponentFactory.oneTimeHaproxy(options, output)) {
      RenderedConfig rendered = render(input, template, Optional.of(output));
      ApplyResult result =
          ConfigApplier.reloadOnly(file, haproxy).apply(rendered.text(), rendered.auxiliaryFiles());
      report(result, output);
    }
  }

  private static void report(ApplyResult result, Path output) throws ExitException {
    if (result instanceof ApplyResult.Rejected rejected) {
      throw new ExitException(
          ExitCode.REFUSED,
          "HAProxy refused the configuration%s: %s"
              .formatted(
                  rejected.candidate() == null ? "" : ", which is kept in " + rejected.candidate(),
                  rejected.message()));
    } else if (result instanceof ApplyResult.Failed failed) {
      throw new ExitException(ExitCode.OUTPUT, failed.message());
    } else if (result instanceof ApplyResult.HaproxyAbsent absent) {
      throw new ExitException(ExitCode.HAPROXY, absent.reason());
    } else if (result instanceof ApplyResult.Reloaded reloaded) {
      log.info("Reloaded: {} ({} ms)", reloaded.reason(), reloaded.took().toMillis());
    } else if (result instanceof ApplyResult.FileWritten written) {
      log.info("Written to {}: {}", output, written.reason());
    } else {
      log.info("No change in {}", output);
    }
  }

  /**
   * Waits for Consul's answer for every service, renders, and names in the log who is left out and
   * what is ignored.
   *
   * @param output the configuration that it is for, from which the servers' names are known; it
   *     need not be there
   */
  static RenderedConfig render(RenderInput input, HaproxyTemplate template, Optional<Path> output)
      throws ExitException {
    try {
      ServerNames names =
          output
              .map(path -> ComponentFactory.configuration(new ConfigFile(path)))
              .map(text -> ServerNames.fromConfiguration(input.serverNames(), text))
              .orElse(ServerNames.fromConfiguration(input.serverNames(), ""));
      input.selectionProblem(template).ifPresent(log::warn);
      Map<String, String> owners =
          output
              .map(path -> new ServedPoolsFile(new ConfigFile(path)).loadRouteOwners())
              .orElse(Map.of());
      Selected selected = select(input, template, owners);
      RenderedConfig rendered = template.render(selected.snapshot(), selected.routes(), names);
      selected.refused().forEach((service, why) -> log.warn("Service {}: {}", service, why));
      selected
          .routes()
          .services()
          .forEach(
              (service, routes) ->
                  routes
                      .refusals()
                      .forEach(one -> log.warn("Route refused: service {}, {}", service, one)));
      rendered.refusals().forEach(refusal -> log.warn("Left out: {}", refusal));
      rendered.ignored().forEach(ignored -> log.warn("Ignored: {}", ignored));
      return rendered;
    } catch (TemplateException e) {
      throw new ExitException(ExitCode.TEMPLATE, String.valueOf(e.getMessage()));
    }
  }

  /** What is rendered from. */
  private record Selected(
      CatalogSnapshot snapshot, RouteTable routes, Map<String, String> refused) {}

  private static Selected select(
      RenderInput input, HaproxyTemplate template, Map<String, String> owners)
      throws ExitException {
    Semaphore changes = new Semaphore(0);
    OutageCounter outages = new OutageCounter();
    try (Discovery discovery = Discovery.connect(input.consul(outages));
        ConsulCatalog catalog =
            new ConsulCatalog(discovery, input.selection(), outages, changes::release)) {
      boolean ranging = template.isRanging() && !input.selector().isNone();
      catalog.watchOnly(template.services());
      long end = System.nanoTime() + input.firstAnswerTimeout().toNanos();
      Optional<Map<String, List<String>>> listed = catalog.listServices(ranging);
      while (ranging && listed.isEmpty()) {
        await(changes, end, input, catalog);
        listed = catalog.listServices(true);
      }
      Selection selection = input.selector().select(listed.orElse(Map.of()), Set.of());
      Set<String> services = new TreeSet<>(template.services());
      services.addAll(selection.services());
      catalog.watchOnly(services);
      while (!catalog.snapshot().complete()) {
        await(changes, end, input, catalog);
      }
      CatalogSnapshot snapshot = catalog.snapshot();
      Map<String, List<ServiceInstance>> instances = new TreeMap<>();
      for (String service : selection.services()) {
        List<ServiceInstance> registered = snapshot.pool(service).registeredInstances();
        if (!registered.isEmpty()) {
          instances.put(service, registered);
        }
      }
      RouteTable routes =
          RouteTable.decide(owners, instances, input.routing(), template.ownListeners()::hasPort);
      return new Selected(snapshot, routes, selection.refused());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ExitException(ExitCode.INTERNAL, "interrupted while waiting for Consul");
    }
  }

  private static void await(Semaphore changes, long end, RenderInput input, ConsulCatalog catalog)
      throws ExitException, InterruptedException {
    if (!changes.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
      throw new ExitException(ExitCode.CONSUL, noAnswer(input, catalog));
    }
  }

  private static String noAnswer(RenderInput input, ConsulCatalog catalog) {
    Map<String, WatchStatus> watches = catalog.watchStatus();
    String missing =
        catalog.snapshot().pools().entrySet().stream()
            .filter(pool -> !pool.getValue().answered())
            .map(Map.Entry::getKey)
            .map(
                service ->
                    service
                        + Optional.ofNullable(watches.get(service))
                            .flatMap(WatchStatus::failure)
                            .map(why -> " (" + why + ")")
                            .orElse(""))
            .collect(Collectors.joining(", "));
    missing = missing.isEmpty() ? "the list of services" : missing;
    return "no answer from Consul at %s within %s s for %s: check that it runs there, or give another address in CONSUL_HTTP_ADDR or --consul"
        .formatted(input.consul().address(), input.firstAnswerTimeout().toSeconds(), missing);
  }
}
