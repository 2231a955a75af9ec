package dev.rollcall.lb.cli;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.ConsulCatalog;
import dev.rollcall.lb.consul.OutageCounter;
import dev.rollcall.lb.consul.WatchStatus;
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
  static CatalogSnapshot of(RenderInput input, Set<String> services) throws ExitException {
    Semaphore changes = new Semaphore(0);
    OutageCounter interruptions = new OutageCounter();
    try (Discovery discovery = Discovery.connect(input.consul(interruptions));
        ConsulCatalog catalog =
            new ConsulCatalog(discovery, input.worst(), interruptions, changes::release)) {
      catalog.watchOnly(services);
      long end = System.nanoTime() + input.patience().toNanos();
      while (!catalog.snapshot().complete()) {
        if (!changes.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          throw new ExitException(ExitCode.CONSUL, noAnswer(input, catalog));
        }
      }
      return catalog.snapshot();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ExitException(ExitCode.INTERNAL, "interrupted while waiting for Consul");
    }
  }

  private static String noAnswer(RenderInput input, ConsulCatalog catalog) {
    Map<String, WatchStatus> freshness = catalog.watchStatus();
    String missing =
        catalog.snapshot().pools().entrySet().stream()
            .filter(pool -> !pool.getValue().answered())
            .map(Map.Entry::getKey)
            .map(
                service ->
                    service
                        + Optional.ofNullable(freshness.get(service))
                            .flatMap(WatchStatus::failure)
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
