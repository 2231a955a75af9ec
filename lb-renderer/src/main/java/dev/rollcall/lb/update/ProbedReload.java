package dev.rollcall.lb.update;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.ListenerProbe;
import dev.rollcall.lb.haproxy.ReloadResult;
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
  private final ListenerProbe probe = new ListenerProbe();

  ProbedReload(Haproxy haproxy) {
    this.haproxy = haproxy;
  }

  /**
   * Reloads.
   *
   * @param before what HAProxy runs
   * @param wanted what the file has now
   */
  ReloadResult reload(HaproxyConfig before, HaproxyConfig wanted) {
    Set<InetSocketAddress> shared = new LinkedHashSet<>(before.bindAddresses());
    shared.retainAll(wanted.bindAddresses());
    Set<InetSocketAddress> answering = probe.reachable(shared);
    ReloadResult result = haproxy.reload();
    if (!(result instanceof ReloadResult.Success)) {
      return result;
    }
    Set<InetSocketAddress> silent = new LinkedHashSet<>(answering);
    silent.removeAll(probe.reachable(answering));
    // Twice, since once may be chance, as with a queue that was full for a moment.
    silent.removeAll(probe.reachable(silent));
    return silent.isEmpty()
        ? result
        : new ReloadResult.NotServing(
            "HAProxy reloaded and does not answer any more at "
                + silent.stream()
                    .map(place -> place.getAddress().getHostAddress() + ":" + place.getPort())
                    .collect(Collectors.joining(", ")));
  }
}
