package dev.rollcall.discovery;

import dev.rollcall.discovery.internal.net.Require;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What to watch: by default the passing instances of one service. Immutable; each method that takes
 * an argument, and {@link #viaCache()} and {@link #confirmingEmpty()}, give a changed copy.
 *
 * <pre>{@code
 * ServiceQuery.service("web").tag("blue").consistency(Consistency.STALE).confirmingEmpty()
 * }</pre>
 *
 * @param service the service's name: letters, digits, {@code - . _}, at most 128; in whatever case,
 *     as Consul has it
 * @param worst instances in this health or a better one are found; {@link HealthStatus#CRITICAL}
 *     finds all, those in {@link HealthStatus#MAINTENANCE} included
 * @param tags an instance must have all of them, spelled exactly so; sorted
 * @param filter an expression in Consul's filter language that an instance must match as well
 * @param datacenter where to look; empty for the agent's own
 * @param near the node, or {@code _agent}, from which to sort by round-trip time; empty to sort by
 *     id
 * @param consistency how far an answer may lag
 * @param cached whether the agent answers from its cache, which it keeps fresh in the background
 * @param confirmEmpty whether an answer without instances, where there were some, is believed only
 *     after a second, consistent one has said the same
 * @see <a
 *     href="https://developer.hashicorp.com/consul/api-docs/health#list-service-instances-for-service">List
 *     service instances</a>
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/filtering">Consul's filter
 *     language</a>
 */
public record ServiceQuery(
    String service,
    HealthStatus worst,
    List<String> tags,
    Optional<String> filter,
    Optional<String> datacenter,
    Optional<String> near,
    Consistency consistency,
    boolean cached,
    boolean confirmEmpty) {

  /** Checks everything; Consul itself judges the filter. */
  public ServiceQuery {
    Require.queryableName("service", service);
    tags = tags.stream().map(tag -> Require.text("tag", tag, 255)).distinct().sorted().toList();
    filter.ifPresent(expression -> Require.text("filter", expression, 4096));
    datacenter.ifPresent(name -> Require.nodeName("datacenter", name));
    near.ifPresent(name -> Require.nodeName("near", name));
    if (cached && consistency == Consistency.CONSISTENT) {
      throw new IllegalArgumentException("a consistent answer can't come from the agent's cache");
    }
  }

  /**
   * Whether an instance in this health is found.
   *
   * @param status the instance's health
   * @return true unless it is worse than {@link #worst()} allows
   */
  public boolean finds(HealthStatus status) {
    return worst.compareTo(HealthStatus.CRITICAL) >= 0 || status.compareTo(worst) <= 0;
  }

  /**
   * The passing instances of a service.
   *
   * @param name the service's name
   * @return the query
   */
  public static ServiceQuery service(String name) {
    Optional<String> none = Optional.empty();
    return new ServiceQuery(
        name, HealthStatus.PASSING, List.of(), none, none, none, Consistency.DEFAULT, false, false);
  }

  /**
   * Finds instances in worse health too; with {@link HealthStatus#CRITICAL} or {@link
   * HealthStatus#MAINTENANCE} all. Default {@link HealthStatus#PASSING}.
   *
   * @param status the worst health that is found
   * @return a new query
   */
  public ServiceQuery worst(HealthStatus status) {
    return new ServiceQuery(
        service, status, tags, filter, datacenter, near, consistency, cached, confirmEmpty);
  }

  /**
   * Finds only instances that have this tag, and those asked for before.
   *
   * @param tag the exact tag
   * @return a new query
   */
  public ServiceQuery tag(String tag) {
    List<String> all = Stream.concat(tags.stream(), Stream.of(tag)).toList();
    return new ServiceQuery(
        service, worst, all, filter, datacenter, near, consistency, cached, confirmEmpty);
  }

  /**
   * Finds only instances that match an expression, such as {@code Service.Meta.version == "2"}.
   *
   * @param expression in Consul's filter language; a wrong one is a failure of the watch, which
   *     tells what Consul says of it
   * @return a new query
   */
  public ServiceQuery filter(String expression) {
    Optional<String> other = Optional.of(expression);
    return new ServiceQuery(
        service, worst, tags, other, datacenter, near, consistency, cached, confirmEmpty);
  }

  /**
   * Looks in a datacenter. Default: the agent's own.
   *
   * @param name the datacenter's name
   * @return a new query
   */
  public ServiceQuery datacenter(String name) {
    return new ServiceQuery(
        service, worst, tags, filter, Optional.of(name), near, consistency, cached, confirmEmpty);
  }

  /**
   * Sorts by the round-trip time from a node, nearest first, also when the nearest fails; {@link
   * Snapshot#instances()} then has that order. Default: by id.
   *
   * @param node a node's name, or {@code _agent} for that of the agent
   * @return a new query
   */
  public ServiceQuery near(String node) {
    Optional<String> from = Optional.of(node);
    return new ServiceQuery(
        service, worst, tags, filter, datacenter, from, consistency, cached, confirmEmpty);
  }

  /**
   * Sets how far an answer may lag. Default {@link Consistency#DEFAULT}.
   *
   * @param mode the mode
   * @return a new query
   */
  public ServiceQuery consistency(Consistency mode) {
    return new ServiceQuery(
        service, worst, tags, filter, datacenter, near, mode, cached, confirmEmpty);
  }

  /**
   * Lets the agent answer from its cache, so that many watches on one machine cost the servers one.
   * A cache that has lost the servers is told by {@link Watched#stale()} and {@link Watched#age()}.
   *
   * @return a new query
   */
  public ServiceQuery viaCache() {
    return new ServiceQuery(
        service, worst, tags, filter, datacenter, near, consistency, true, confirmEmpty);
  }

  /**
   * Guards against an answer that is empty by mistake: where there were instances and now are none,
   * Consul is asked again, past every cache and lagging server, and only that answer counts. If it
   * cannot be had, the last snapshot stays and is {@linkplain Watch#stale() stale}.
   *
   * @return a new query
   */
  public ServiceQuery confirmingEmpty() {
    return new ServiceQuery(
        service, worst, tags, filter, datacenter, near, consistency, cached, true);
  }
}
