package dev.rollcall.lb.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Ours and the peers, ready to take turns. They must not run at the same time. */
final class Balancers {
  private Balancers() {}

  /** Ours, and the build that it is compared with if one is named. */
  static List<Balancer> builds(Registry consul, Path directory, String balance) {
    List<Balancer> all = new ArrayList<>();
    for (Build build : Build.all()) {
      all.add(
          new Rollcall(
              build, consul.authority(), directory, Rollcall.pool(balance, "web"), List.of()));
    }
    return all;
  }

  /** What people use instead, as far as it can be had here. */
  static List<Balancer> peers(Registry consul, Path directory, String balance) {
    List<Balancer> all = new ArrayList<>();
    all.add(new WatchAndReload(consul, directory, balance, WatchAndReload.Way.NEW_PROCESS));
    if (!variable("CONSUL_TEMPLATE").isEmpty()) {
      all.add(new WatchAndReload(consul, directory, balance, WatchAndReload.Way.MASTER));
    }
    all.add(new ServerTemplate(consul, directory, balance, "1s", "tcp@"));
    all.add(new ServerTemplate(consul, directory, balance, "50ms", "tcp@"));
    String nginx = variable("NGINX_IMAGE");
    if (!nginx.isEmpty()) {
      all.add(new Nginx(consul, directory, nginx, balance));
    }
    return all;
  }

  private static String variable(String name) {
    return Objects.requireNonNullElse(System.getenv(name), "");
  }
}
