package dev.rollcall.discovery;

/**
 * How far an answer may lag behind what Consul's servers agreed on.
 *
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/consistency">Consul's
 *     consistency modes</a>
 */
public enum Consistency {
  /**
   * Needs a leader. From Consul 1.10 on a watch is answered by the agent, from a view that a server
   * feeds with events: some milliseconds behind as a rule. What such an answer takes out is
   * confirmed by the leader before listeners are told; what it adds is not. While the leader cannot
   * be reached, within seconds, the watch is {@linkplain Watched#stale() stale} and keeps what it
   * knew. Before 1.10, and with {@link ServiceQuery#near}, the leader answers; that lags only in
   * the moment of an election.
   */
  DEFAULT,
  /**
   * Any server answers, without a leader too: then what it says is {@linkplain Watched#stale()
   * stale}. Spreads the load of many watches, and lags by some 50 ms as a rule; by as long as the
   * servers can't reach each other at worst, which {@link Watched#age()} counts.
   */
  STALE,
  /**
   * The leader answers, and asks the other servers first whether it still leads, on every version
   * of Consul. Never behind at the moment at which the query is sent; one that waits then is
   * answered when the leader has the change. The slowest: the whole answer comes from the leader
   * for each change.
   */
  CONSISTENT
}
