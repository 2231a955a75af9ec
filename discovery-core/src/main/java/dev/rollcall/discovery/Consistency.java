package dev.rollcall.discovery;

/**
 * How far an answer may lag behind what Consul's servers agreed on.
 *
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/consistency">Consul's
 *     consistency modes</a>
 */
public enum Consistency {
  /**
   * The leader answers, and never an agent of its own view. Needs a leader; lags only in the moment
   * of an election.
   */
  DEFAULT,
  /**
   * Any server answers, without a leader too: then what it says is {@linkplain Watched#stale()
   * stale}. Spreads the load of many watches, and lags by some 50 ms as a rule; by as long as the
   * servers can't reach each other at worst, which {@link Watched#age()} counts.
   */
  STALE,
  /** The leader asks the other servers before it answers. Never lags; the slowest. */
  CONSISTENT
}
