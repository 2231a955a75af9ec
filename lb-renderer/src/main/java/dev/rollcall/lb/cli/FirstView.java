package dev.rollcall.lb.cli;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.lb.catalog.CatalogView;
import dev.rollcall.lb.catalog.ConsulCatalog;
import dev.rollcall.lb.catalog.Freshness;
import dev.rollcall.lb.catalog.Interruptions;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Asks Consul once for all services of a template. */
final class FirstView {
  private FirstView() {}

  /** Waits for Consul's answer for every service. */
  static CatalogView of(Input input, Set<String> services) throws Exit {
    Semaphore changes = new Semaphore(0);
    Interruptions interruptions = new Interruptions();
    try (Discovery discovery = Discovery.connect(input.consul(interruptions));
        ConsulCatalog catalog =
            new ConsulCatalog(discovery, input.worst(), interruptions, changes::release)) {
      catalog.watchExactly(services);
      long end = System.nanoTime() + input.patience().toNanos();
      while (!catalog.view().complete()) {
        if (!changes.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          throw new Exit(ExitCode.CONSUL, noAnswer(input, catalog));
        }
      }
      return catalog.view();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Exit(ExitCode.INTERNAL, "interrupted while waiting for Consul");
    }
  }

  private static String noAnswer(Input input, ConsulCatalog catalog) {
    Map<String, Freshness> freshness = catalog.freshness();
    String missing =
        catalog.view().pools().entrySet().stream()
            .filter(pool -> !pool.getValue().answered())
            .map(Map.Entry::getKey)
            .map(
                service ->
                    service
                        + Optional.ofNullable(freshness.get(service))
                            .flatMap(Freshness::failure)
                            .map(why -> " (" + why + ")")
                            .orElse(""))
            .collect(Collectors.joining(", "));
    return "no answer from Consul at "
        + input.consul().address()
        + " within "
        + input.patience().toSeconds()
        + " s for "
        + missing
        + ": check that it runs there, or give another address in CONSUL_HTTP_ADDR or --consul";
  }
}
