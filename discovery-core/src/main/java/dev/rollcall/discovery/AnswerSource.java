package dev.rollcall.discovery;

/**
 * Where an answer of Consul's came from. Immutable.
 *
 * @param backend what gave it
 * @param consistency the consistency that it really has, whatever was asked for: {@link
 *     Consistency#STALE} for all that comes from a view or a cache of the agent's
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/blocking">Consul's
 *     blocking queries, on streaming</a>
 */
public record AnswerSource(Backend backend, Consistency consistency) {

  /** What gives answers. */
  public enum Backend {
    /** A server, asked when the query came ({@code X-Consul-Query-Backend: blocking-query}). */
    BLOCKING_QUERY,
    /**
     * The agent's own view, which a server feeds with events ({@code X-Consul-Query-Backend:
     * streaming}).
     */
    STREAMING,
    /** The agent's cache ({@code X-Cache: HIT}). */
    CACHE
  }
}
