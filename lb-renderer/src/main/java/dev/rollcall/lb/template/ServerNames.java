package dev.rollcall.lb.template;

import dev.rollcall.discovery.ServiceInstance;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

/**
 * Gives every instance its server name: the id it is registered with. Ids are unique on their agent
 * only, and may hold what HAProxy doesn't take; then the name is the legal part of the id and a
 * digest of what identifies the instance, so that it stays the same from one rendering to the next,
 * whatever else comes and goes.
 */
final class ServerNames {
  private static final int LONGEST_PART = 54;
  private static final int DIGEST_BYTES = 4;

  private final Set<String> shared = new HashSet<>();

  /**
   * Learns which ids are on more than one node.
   *
   * @param instances among which one may be more than once
   */
  ServerNames(Iterable<ServiceInstance> instances) {
    Map<String, ServiceInstance> owners = new HashMap<>();
    for (ServiceInstance instance : instances) {
      ServiceInstance owner = owners.putIfAbsent(instance.id(), instance);
      if (owner != null && !onOneNode(owner, instance)) {
        shared.add(instance.id());
      }
    }
  }

  private static boolean onOneNode(ServiceInstance one, ServiceInstance other) {
    return one.node().equals(other.node()) && one.datacenter().equals(other.datacenter());
  }

  /**
   * The name of one of the instances. Two instances have the same name only if their digests
   * collide.
   */
  String of(ServiceInstance instance) {
    String id = instance.id();
    if (Allowed.serverName(id) && !shared.contains(id)) {
      return id;
    }
    String part =
        id.substring(0, Math.min(LONGEST_PART, id.length()))
            .replaceAll("[^A-Za-z0-9_.-]", "-")
            .replaceFirst("^[^A-Za-z0-9]+", "");
    return (part.isEmpty() ? "instance" : part) + "-" + digest(instance);
  }

  private static String digest(ServiceInstance instance) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      for (String part : new String[] {instance.datacenter(), instance.node(), instance.id()}) {
        sha256.update(part.getBytes(StandardCharsets.UTF_8));
        sha256.update((byte) 0);
      }
      return HexFormat.of().formatHex(sha256.digest(), 0, DIGEST_BYTES);
    } catch (NoSuchAlgorithmException everyJreHasIt) {
      throw new AssertionError(everyJreHasIt);
    }
  }
}
