package dev.rollcall.lb.catalog;

import java.util.Map;
import java.util.Set;

/** A view of some services that keeps itself up to date. Implementations are thread-safe. */
public interface Catalog {
  /** What is known now. Never blocks on Consul; while Consul is away, what was last known. */
  CatalogView view();

  /** Watches these services and no others; those watched before keep what is known of them. */
  void watchExactly(Set<String> services);

  /** How old what is known of each service is. */
  Map<String, Freshness> freshness();
}
