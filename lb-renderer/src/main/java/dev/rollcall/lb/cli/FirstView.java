package dev.rollcall.lb.cli;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.lb.catalog.CatalogView;
import dev.rollcall.lb.catalog.ConsulCatalog;
import dev.rollcall.lb.catalog.Interruptions;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Asks Consul once for all services of a template. */
final class FirstView {
  private FirstView() {}

  /** Waits for Consul's answer for every service. */
  static CatalogView of(Input input, Set<String> services) throws Exit {
    Semaphore changes = new Semaphore(0);
    try (Discovery discovery = Discovery.connect(input.consul());
        ConsulCatalog catalog =
            new ConsulCatalog(discovery, input.worst(), new Interruptions(), changes::release)) {
      catalog.watchExactly(services);
      long end = System.nanoTime() + input.patience().toNanos();
      while (!catalog.view().complete()) {
        if (!changes.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          throw new Exit(
              ExitCode.CONSUL,
              "no answer from Consul at "
                  + input.consul().address()
                  + " within "
                  + input.patience().toSeconds()
                  + " s: check that it runs there, or give another address in CONSUL_HTTP_ADDR or"
                  + " --consul");
        }
      }
      return catalog.view();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Exit(ExitCode.INTERNAL, "interrupted while waiting for Consul");
    }
  }
}
