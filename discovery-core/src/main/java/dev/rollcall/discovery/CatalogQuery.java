package dev.rollcall.discovery;

import dev.rollcall.discovery.internal.net.Require;
import java.util.Optional;

/**
 * Asks which services there are, whatever their health. Immutable.
 *
 * @param datacenter where to look; empty for the agent's own
 * @param consistency how far an answer may lag
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/catalog#list-services">List
 *     services</a>
 */
public record CatalogQuery(Optional<String> datacenter, Consistency consistency) {

  /** Checks the name. */
  public CatalogQuery {
    datacenter.ifPresent(name -> Require.simpleName("datacenter", name));
  }

  /**
   * All services of the agent's datacenter.
   *
   * @return the query
   */
  public static CatalogQuery services() {
    return new CatalogQuery(Optional.empty(), Consistency.DEFAULT);
  }

  /**
   * The same query in a datacenter.
   *
   * @param name the datacenter's name
   * @return a new query
   */
  public CatalogQuery datacenter(String name) {
    return new CatalogQuery(Optional.of(name), consistency);
  }

  /**
   * The same query with another consistency.
   *
   * @param mode how far an answer may lag
   * @return a new query
   */
  public CatalogQuery consistency(Consistency mode) {
    return new CatalogQuery(datacenter, mode);
  }
}
