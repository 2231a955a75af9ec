package dev.rollcall.discovery.spring;

import java.util.List;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;

/** The passing instances that Consul knows, for Spring Cloud. Thread-safe. */
final class RollcallDiscoveryClient implements DiscoveryClient {

  static final String DESCRIPTION = "Rollcall discovery client for Consul";

  private final InstanceLookup lookup;
  private final int order;

  RollcallDiscoveryClient(InstanceLookup lookup, int order) {
    this.lookup = lookup;
    this.order = order;
  }

  @Override
  public String description() {
    return DESCRIPTION;
  }

  @Override
  public List<ServiceInstance> getInstances(String serviceId) {
    return lookup.instances(serviceId);
  }

  @Override
  public List<String> getServices() {
    return lookup.services();
  }

  @Override
  public int getOrder() {
    return order;
  }
}
