package dev.rollcall.lb.bench;

import java.nio.file.Path;
import java.util.List;

/** Ours and the peers, ready to take turns. */
final class Balancers {
  private Balancers() {}

  /** All of them, which must not run at the same time. */
  static List<Balancer> all(Registry consul, Path directory, String balance) {
    return List.of(
        new Rollcall(consul.authority(), directory, Rollcall.pool(balance, "web"), List.of()),
        new WatchAndReload(consul, directory, balance),
        new ServerTemplate(consul, directory, balance, "1s", "tcp@"),
        new ServerTemplate(consul, directory, balance, "50ms", "tcp@"));
  }
}
