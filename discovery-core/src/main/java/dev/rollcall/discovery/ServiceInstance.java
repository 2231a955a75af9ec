package dev.rollcall.discovery;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One instance of a service as Consul holds it. Immutable.
 *
 * <p>Who registered it chose the strings. The address and port can be used as such, and id and node
 * are on one line each; all the rest is as it was registered: escape it before it goes into a page
 * or a configuration.
 *
 * @param id the service id; unique on its node only
 * @param service the service's name
 * @param node the name of the node whose agent holds it
 * @param address the service's address, or its node's if it has none: an IP address or a host name
 * @param port the TCP port, 1 to 65535
 * @param tags the tags in Consul's order
 * @param meta the service's metadata, sorted by key
 * @param weight the weight for its present status, 0 to 65535; 1 unless registered otherwise
 * @param status the worst status among its own and its node's checks
 * @param datacenter the datacenter of its node, empty if Consul did not say
 */
public record ServiceInstance(
    String id,
    String service,
    String node,
    String address,
    int port,
    List<String> tags,
    Map<String, String> meta,
    int weight,
    HealthStatus status,
    String datacenter) {

  /** Copies the collections. */
  public ServiceInstance {
    tags = List.copyOf(tags);
    meta = Collections.unmodifiableMap(new TreeMap<>(meta));
  }
}
