package dev.rollcall.lb.template;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.config.HaproxyConfig;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
 * ids that are on more than one node, also one after the other, two balancers agree on all full
 * names, but not on who has the plain one if one of them saw its owner alone and the other did not.
 * Where they have to agree, {@link Style#FULL} gives names that depend on nothing but the instance.
 *
 * <p>Immutable.
 */
public final class ServerNames {
  /** Which of its two names an instance gets. */
  public enum Style {
    /** The plain one where it is free, and then the same one for good. */
    PLAIN,
    /**
     * The full one always: the same on every balancer, whatever each has seen before and in
     * whatever order.
     */
    FULL
  }

  /** With nobody in it: for a first rendering. */
  public static final ServerNames NONE = fromConfiguration("");

  /**
   * Services may come and go for years: with more, the names in pools that are gone are forgotten.
   */
  private static final int MOST_POOLS = 20_000;

  private final Style style;
  private final Map<String, PoolNames> pools;
  private final Written written;
  private final int next;

  private ServerNames(Style style, Map<String, PoolNames> pools, Written written, int next) {
    this.style = style;
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
    return fromConfiguration(Style.PLAIN, configuration);
  }

  /**
   * The same in a style; full names need no configuration of an earlier run.
   *
   * @param configuration any text
   */
  public static ServerNames fromConfiguration(Style style, String configuration) {
    return new ServerNames(
        style, Map.of(), Written.in(style == Style.FULL ? "" : configuration), 0);
  }

  /**
   * The same with names for all instances of some pools.
   *
   * @param instances by pool; each is in its list once
   */
  ServerNames withInstances(Map<String, List<ServiceInstance>> instances) {
    Map<String, PoolNames> all = new HashMap<>(pools);
    if (style == Style.FULL) {
      instances.forEach((pool, present) -> all.put(pool, PoolNames.full(present)));
      return new ServerNames(style, Collections.unmodifiableMap(all), written, next);
    }
    instances.forEach((pool, present) -> all.put(pool, pool(pool).with(present, written, next)));
    if (all.size() > MOST_POOLS) {
      all.keySet().retainAll(instances.keySet());
    }
    return all.equals(pools)
        ? this
        : new ServerNames(style, Collections.unmodifiableMap(all), written, next + 1);
  }

  /** The same where an instance that has a name goes by its full name from now on. */
  ServerNames withFullName(String pool, ServiceInstance instance) {
    Map<String, PoolNames> all = new HashMap<>(pools);
    all.put(pool, pool(pool).withFullName(instance));
    return new ServerNames(style, Collections.unmodifiableMap(all), written, next);
  }

  /** The server name of an instance in a pool; empty if it has none. */
  public Optional<String> of(String pool, ServiceInstance instance) {
    return Optional.ofNullable(pool(pool).names.get(Identity.of(instance))).map(Name::text);
  }

  PoolNames pool(String pool) {
    return pools.getOrDefault(pool, PoolNames.NONE);
  }

  /**
   * Whether an instance has or had a name in a pool. Nobody has where the style is {@link
   * Style#FULL}: a balancer that has known an instance for longer must not prefer it.
   */
  boolean knows(String pool, ServiceInstance instance) {
    return style != Style.FULL && pool(pool).knows(instance, written);
  }

  /** What tells an instance of a pool from the others. */
  private record Identity(String datacenter, String node, String id) {
    private static final int LONGEST_PART = 54;
    private static final int DIGEST_BYTES = 4;

    static Identity of(ServiceInstance instance) {
      return new Identity(instance.datacenter(), instance.node(), instance.id());
    }

    /** Many are compared at each change, and what a record has is slow until it is compiled. */
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Identity that
          && id.equals(that.id)
          && node.equals(that.node)
          && datacenter.equals(that.datacenter);
    }

    @Override
    public int hashCode() {
      return 31 * id.hashCode() + node.hashCode();
    }

    /** What is legal of the id, and a digest. */
    String fullName() {
      String part =
          id.substring(0, Math.min(LONGEST_PART, id.length()))
              .replaceAll("[^A-Za-z0-9_.-]", "-")
              .replaceFirst("^[^A-Za-z0-9]+", "");
      return (part.isEmpty() ? "instance" : part) + "-" + digest();
    }

    private String digest() {
      try {
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        for (String part : new String[] {datacenter, node, id}) {
          sha256.update(part.getBytes(StandardCharsets.UTF_8));
          sha256.update((byte) 0);
        }
        return HexFormat.of().formatHex(sha256.digest(), 0, DIGEST_BYTES);
      } catch (NoSuchAlgorithmException everyJreHasIt) {
        throw new AssertionError(everyJreHasIt);
      }
    }
  }

  private record Name(String text, boolean plain, int order) {}

  /**
   * The servers of a configuration that an earlier run wrote. Immutable.
   *
   * @param addresses where the servers of each name are
   */
  private record Written(Map<String, Set<String>> addresses) {
    static Written in(String configuration) {
      Map<String, Set<String>> addresses = new HashMap<>();
      HaproxyConfig.parse(configuration).sections().stream()
          .flatMap(section -> section.servers().stream())
          .forEach(
              server ->
                  addresses
                      .computeIfAbsent(server.name(), name -> new HashSet<>())
                      .add(server.address()));
      return new Written(Map.copyOf(addresses));
    }

    boolean has(String name) {
      return addresses.containsKey(name);
    }

    /** Whether a server of the name is where the instance is. */
    boolean isAt(String name, ServiceInstance instance) {
      Set<String> there = addresses.get(name);
      return there != null
          && there.contains(
              InstanceAddress.of(instance.address()).literal() + ":" + instance.port());
    }
  }

  /** The server names in one pool. Immutable. */
  static final class PoolNames {
    /** How many that are not there any more are remembered. */
    static final int MOST_ABSENT = 10_000;

    private static final PoolNames NONE = new PoolNames(Map.of());

    /** The longest absent first. */
    private final Map<Identity, Name> names;

    private PoolNames(Map<Identity, Name> names) {
      this.names = names;
    }

    /** The full names of all these, and of nobody else. */
    private static PoolNames full(List<ServiceInstance> present) {
      Map<Identity, Name> names = new HashMap<>();
      for (ServiceInstance instance : present) {
        Identity identity = Identity.of(instance);
        names.put(identity, new Name(identity.fullName(), false, 0));
      }
      return new PoolNames(Collections.unmodifiableMap(names));
    }

    /**
     * The same with names for all these, of whom each is in the list once.
     *
     * @param order what {@link #order} is to be of those that are new
     */
    private PoolNames with(List<ServiceInstance> present, Written written, int order) {
      Map<Identity, ServiceInstance> fresh = new LinkedHashMap<>();
      for (ServiceInstance instance : present) {
        Identity identity = Identity.of(instance);
        if (!names.containsKey(identity)) {
          fresh.put(identity, instance);
        }
      }
      return fresh.isEmpty() ? this : new Assignment(names, present, fresh, order).of(written);
    }

    private PoolNames withFullName(ServiceInstance instance) {
      Map<Identity, Name> all = new LinkedHashMap<>(names);
      Identity identity = Identity.of(instance);
      all.put(identity, new Name(identity.fullName(), false, order(instance)));
      return new PoolNames(Collections.unmodifiableMap(all));
    }

    /** The name of an instance that has one. */
    String of(ServiceInstance instance) {
      return name(instance).text();
    }

    /** Whether it goes by its plain name. */
    boolean isPlain(ServiceInstance instance) {
      return name(instance).plain();
    }

    /** When the name was given: the lower, the earlier; to several at once, the same. */
    int order(ServiceInstance instance) {
      return name(instance).order();
    }

    private boolean knows(ServiceInstance instance, Written written) {
      Identity identity = Identity.of(instance);
      return names.containsKey(identity)
          || written.isAt(identity.id(), instance)
          || written.has(identity.fullName());
    }

    private Name name(ServiceInstance instance) {
      Name name = names.get(Identity.of(instance));
      if (name == null) {
        throw new IllegalStateException("no name for " + instance);
      }
      return name;
    }
  }

  /** Names those who are new in a pool. */
  private static final class Assignment {
    private final Map<Identity, Name> all = new LinkedHashMap<>();
    private final Map<String, Identity> owners = new HashMap<>();

    /** How many of those present have the id of a new one. */
    private final Map<String, Integer> sharing = new HashMap<>();

    private final Map<Identity, ServiceInstance> fresh;
    private final int order;

    Assignment(
        Map<Identity, Name> names,
        List<ServiceInstance> present,
        Map<Identity, ServiceInstance> fresh,
        int order) {
      this.fresh = fresh;
      this.order = order;
      fresh.keySet().forEach(identity -> sharing.put(identity.id(), 0));
      Set<Identity> there = new HashSet<>(2 * present.size());
      for (ServiceInstance instance : present) {
        if (there.add(Identity.of(instance))) {
          sharing.computeIfPresent(instance.id(), (id, count) -> count + 1);
        }
      }
      List<Map.Entry<Identity, Name>> absent = new ArrayList<>();
      List<Map.Entry<Identity, Name>> staying = new ArrayList<>(names.size());
      for (Map.Entry<Identity, Name> one : names.entrySet()) {
        (there.contains(one.getKey()) ? staying : absent).add(one);
      }
      absent.stream()
          .skip(Math.max(0, absent.size() - PoolNames.MOST_ABSENT))
          .forEach(one -> put(one.getKey(), one.getValue()));
      staying.forEach(one -> put(one.getKey(), one.getValue()));
    }

    PoolNames of(Written written) {
      // Those of an earlier run first: their names are not for others.
      fresh.forEach(
          (identity, instance) -> {
            if (written.isAt(identity.id(), instance)) {
              give(identity, true);
            } else if (written.has(identity.fullName())) {
              give(identity, false);
            }
          });
      for (Identity identity : fresh.keySet()) {
        if (!all.containsKey(identity)) {
          give(identity, sharing.getOrDefault(identity.id(), 0) == 1);
        }
      }
      return new PoolNames(Collections.unmodifiableMap(all));
    }

    private void give(Identity identity, boolean plainWanted) {
      if (plainWanted
          && SafeText.isServerName(identity.id())
          && !owners.containsKey(identity.id())) {
        put(identity, new Name(identity.id(), true, order));
      } else {
        giveFull(identity);
      }
    }

    private void giveFull(Identity identity) {
      String full = identity.fullName();
      Identity owner = owners.get(full);
      put(identity, new Name(full, false, order));
      Name replaced = owner == null ? null : all.get(owner);
      if (owner != null && replaced != null && replaced.plain()) {
        giveFull(owner); // It gave itself the id that another one's full name is.
        owners.put(full, identity);
      }
    }

    private void put(Identity identity, Name name) {
      all.put(identity, name);
      owners.put(name.text(), identity);
    }
  }
}
