package dev.rollcall.lb.template;

import dev.rollcall.discovery.ServiceInstance;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The server names in one pool; the rule is that of {@link ServerNames}. Immutable. */
final class PoolNames {
  /** How many that are not there any more are remembered. */
  static final int MOST_ABSENT = 10_000;

  static final PoolNames NONE = new PoolNames(Map.of());

  private static final int LONGEST_PART = 54;
  private static final int DIGEST_BYTES = 4;

  /** What tells an instance from the others. */
  private record Identity(String datacenter, String node, String id) {
    static Identity of(ServiceInstance instance) {
      return new Identity(instance.datacenter(), instance.node(), instance.id());
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

  /** The longest absent first. */
  private final Map<Identity, Name> names;

  private PoolNames(Map<Identity, Name> names) {
    this.names = names;
  }

  /**
   * The same with names for all these, of whom each is in the list once.
   *
   * @param order what {@link #order} is to be of those that are new
   */
  PoolNames with(List<ServiceInstance> present, WrittenNames written, int order) {
    Map<Identity, ServiceInstance> fresh = new LinkedHashMap<>();
    for (ServiceInstance instance : present) {
      Identity identity = Identity.of(instance);
      if (!names.containsKey(identity)) {
        fresh.put(identity, instance);
      }
    }
    return fresh.isEmpty() ? this : new Assignment(present, order).of(fresh, written);
  }

  /** The same where one that has a name goes by its full name from now on. */
  PoolNames withFull(ServiceInstance instance) {
    Map<Identity, Name> all = new LinkedHashMap<>(names);
    Identity identity = Identity.of(instance);
    all.put(identity, new Name(identity.fullName(), false, order(instance)));
    return new PoolNames(Collections.unmodifiableMap(all));
  }

  /** The name of one that {@link #with} was told of. */
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

  /** Whether it has or had a name. */
  boolean knows(ServiceInstance instance, WrittenNames written) {
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

  /** Names those who are new. */
  private final class Assignment {
    private final Map<Identity, Name> all = new LinkedHashMap<>();
    private final Map<String, Identity> owners = new HashMap<>();

    /** How many of those present have an id. */
    private final Map<String, Integer> sharing = new HashMap<>();

    private final int order;

    Assignment(List<ServiceInstance> present, int order) {
      this.order = order;
      Set<Identity> there = new HashSet<>();
      for (ServiceInstance instance : present) {
        if (there.add(Identity.of(instance))) {
          sharing.merge(instance.id(), 1, Integer::sum);
        }
      }
      long absent = names.keySet().stream().filter(one -> !there.contains(one)).count();
      names.entrySet().stream()
          .filter(one -> !there.contains(one.getKey()))
          .skip(Math.max(0, absent - MOST_ABSENT))
          .forEach(one -> put(one.getKey(), one.getValue()));
      names.forEach(
          (identity, name) -> {
            if (there.contains(identity)) {
              put(identity, name);
            }
          });
    }

    PoolNames of(Map<Identity, ServiceInstance> fresh, WrittenNames written) {
      // Those of an earlier run first: their names are not for others.
      fresh.forEach(
          (identity, instance) -> {
            if (written.isAt(identity.id(), instance)) {
              give(identity, true);
            } else if (written.has(identity.fullName())) {
              give(identity, false);
            }
          });
      fresh
          .keySet()
          .forEach(
              identity -> {
                if (!all.containsKey(identity)) {
                  give(identity, sharing.getOrDefault(identity.id(), 0) == 1);
                }
              });
      return new PoolNames(Collections.unmodifiableMap(all));
    }

    private void give(Identity identity, boolean plainWanted) {
      boolean plain =
          plainWanted && SafeText.serverName(identity.id()) && !owners.containsKey(identity.id());
      if (plain) {
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
