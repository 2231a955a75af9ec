package dev.rollcall.discovery.spring;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.ReactiveDiscoveryClient;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * As {@link RollcallDiscoveryClient}. The first answer about a service may wait for Consul, so it
 * is awaited on threads that may block.
 */
final class RollcallReactiveDiscoveryClient implements ReactiveDiscoveryClient {

  private final InstanceLookup lookup;
  private final int order;

  RollcallReactiveDiscoveryClient(InstanceLookup lookup, int order) {
    this.lookup = lookup;
    this.order = order;
  }

  @Override
  public String description() {
    return RollcallDiscoveryClient.DESCRIPTION;
  }

  @Override
  public Flux<ServiceInstance> getInstances(String serviceId) {
    return Flux.defer(() -> Flux.fromIterable(lookup.instances(serviceId)))
        .subscribeOn(Schedulers.boundedElastic());
  }

  @Override
  public Flux<String> getServices() {
    return Flux.defer(() -> Flux.fromIterable(lookup.services()))
        .subscribeOn(Schedulers.boundedElastic());
  }

  @Override
  public int getOrder() {
    return order;
  }
}
