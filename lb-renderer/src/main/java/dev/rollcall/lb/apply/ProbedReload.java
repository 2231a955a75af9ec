package dev.rollcall.lb.apply;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.ReloadResult;
import dev.rollcall.lb.haproxy.SiteProbe;
import java.net.InetSocketAddress;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A reload after which the site has to answer where it answered before. Some files pass every check
 * of HAProxy's and stop serving.
 *
 * <p>What can be reached differs: a child and an HAProxy on the same host can be knocked at, one in
 * a container of its own listens where nobody here can tell from here. So the addresses that the
 * old and the new configuration share are tried before the reload, and only those that answered
 * then have to answer afterwards. Where none did, the new worker's own word has to do, which every
 * reload waits for: that it is another process, answers, and listens.
 */
final class ProbedReload {

  private final Haproxy haproxy;
  private final SiteProbe probe = new SiteProbe();

  ProbedReload(Haproxy haproxy) {
    this.haproxy = haproxy;
  }

  /**
   * Reloads.
   *
   * @param before what HAProxy runs
   * @param wanted what the file has now
   */
  ReloadResult run(HaproxyConfig before, HaproxyConfig wanted) {
    Set<InetSocketAddress> shared = new LinkedHashSet<>(before.listeners());
    shared.retainAll(wanted.listeners());
    Set<InetSocketAddress> answering = probe.answering(shared);
    ReloadResult result = haproxy.reload();
    if (!(result instanceof ReloadResult.Done)) {
      return result;
    }
    Set<InetSocketAddress> silent = new LinkedHashSet<>(answering);
    silent.removeAll(probe.answering(answering));
    // Twice, since once may be chance, as with a queue that was full for a moment.
    silent.removeAll(probe.answering(silent));
    return silent.isEmpty()
        ? result
        : new ReloadResult.Broken(
            "HAProxy reloaded and does not answer any more at "
                + silent.stream()
                    .map(place -> place.getAddress().getHostAddress() + ":" + place.getPort())
                    .collect(Collectors.joining(", ")));
  }
}
