package dev.rollcall.lb.template;

import dev.rollcall.discovery.ServiceInstance;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The server names of the instances of each pool, and who had which before.
 *
 * <p>There are two names that an instance can have. Its <em>plain</em> name is its id. Its
 * <em>full</em> name is what is legal of the id, and a digest of datacenter, node and id: ids are
 * unique on their node only, and Consul's default is the service's name on every node. The rule:
 *
 * <ul>
 *   <li>An instance that has a name in its pool keeps it, whoever comes and goes, in this service
 *       or another. It is remembered when it is not there, as it may come back: a check passes
 *       again, a node is up again. Of those that are not there the last 10,000 of a pool are
 *       remembered.
 *   <li>A new one gets its plain name if HAProxy takes that, nobody in the pool has or had it, and
 *       no other instance that is in the pool now has the same id. Otherwise it gets its full name.
 *   <li>A full name belongs to its instance. One whose id is the full name of another goes by its
 *       own full name, and so does one whose name stands twice in one section of a configuration,
 *       the later one.
 * </ul>
 *
 * <p>What is remembered outlives the process as far as the configuration that it wrote tells: a
 * full name in any case, a plain one where the instance still has the address and port of that
 * time.
 *
 * <p>Names are unique in a pool and not among pools: HAProxy wants them unique in a backend. For
 * ids that are on more than one node, two balancers agree on all full names, but not on who has the
 * plain one if one of them saw its owner alone and the other did not.
 *
 * <p>Immutable.
 */
public final class ServerNames {
  /** With nobody in it: for a first rendering. */
  public static final ServerNames NONE = new ServerNames(Map.of(), WrittenNames.NONE, 0);

  private final Map<String, PoolNames> pools;
  private final WrittenNames written;
  private final int next;

  private ServerNames(Map<String, PoolNames> pools, WrittenNames written, int next) {
    this.pools = pools;
    this.written = written;
    this.next = next;
  }

  /**
   * What a configuration of an earlier run tells of the names that it gave.
   *
   * @param configuration any text
   */
  public static ServerNames fromConfiguration(String configuration) {
    return new ServerNames(Map.of(), WrittenNames.of(configuration), 0);
  }

  /**
   * The same with names for all instances of some pools.
   *
   * @param instances by pool; each is in its list once
   */
  ServerNames withInstances(Map<String, List<ServiceInstance>> instances) {
    Map<String, PoolNames> all = new HashMap<>(pools);
    instances.forEach((pool, present) -> all.put(pool, pool(pool).with(present, written, next)));
    return all.equals(pools)
        ? this
        : new ServerNames(Collections.unmodifiableMap(all), written, next + 1);
  }

  /** The same where an instance that has a name goes by its full name from now on. */
  ServerNames withFullName(String pool, ServiceInstance instance) {
    Map<String, PoolNames> all = new HashMap<>(pools);
    all.put(pool, pool(pool).withFull(instance));
    return new ServerNames(Collections.unmodifiableMap(all), written, next);
  }

  /** The names of one pool. */
  PoolNames pool(String pool) {
    return pools.getOrDefault(pool, PoolNames.NONE);
  }

  /** Whether an instance has or had a name in a pool. */
  boolean knows(String pool, ServiceInstance instance) {
    return pool(pool).knows(instance, written);
  }
}
