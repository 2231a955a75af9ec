package dev.rollcall.discovery.spring;

import dev.rollcall.discovery.Discovery;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.cloud.client.ConditionalOnBlockingDiscoveryEnabled;
import org.springframework.cloud.client.ConditionalOnDiscoveryEnabled;
import org.springframework.cloud.client.ConditionalOnReactiveDiscoveryEnabled;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.discovery.ReactiveDiscoveryClient;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Flux;

/**
 * The discovery clients of Spring Cloud Commons, where the application has it: for its load
 * balancer, its gateway and all else that asks for instances.
 */
@AutoConfiguration(
    after = RollcallAutoConfiguration.class,
    beforeName = {
      "org.springframework.cloud.client.CommonsClientAutoConfiguration",
      "org.springframework.cloud.client.ReactiveCommonsClientAutoConfiguration",
      "org.springframework.cloud.client.discovery.simple.SimpleDiscoveryClientAutoConfiguration",
      "org.springframework.cloud.client.discovery.simple.reactive.SimpleReactiveDiscoveryClientAutoConfiguration"
    })
@ConditionalOnClass({DiscoveryClient.class, ConditionalOnDiscoveryEnabled.class})
@ConditionalOnProperty(
    name = {"rollcall.enabled", "rollcall.discovery.enabled"},
    matchIfMissing = true)
@ConditionalOnDiscoveryEnabled
public final class RollcallDiscoveryClientAutoConfiguration {

  RollcallDiscoveryClientAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  InstanceLookup instanceLookup(
      Discovery discovery,
      RollcallProperties properties,
      ObjectProvider<ServiceQueryCustomizer> customizers) {
    return new InstanceLookup(
        discovery,
        properties.discovery().watches(),
        properties.consul().callTimeout(),
        customizers.orderedStream().toList());
  }

  /** The client that blocks. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnBlockingDiscoveryEnabled
  static class BlockingConfiguration {

    @Bean
    @ConditionalOnMissingBean
    RollcallDiscoveryClient rollcallDiscoveryClient(
        InstanceLookup lookup, RollcallProperties properties) {
      return new RollcallDiscoveryClient(lookup, properties.discovery().order());
    }
  }

  /** The client that does not block. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({Flux.class, ReactiveDiscoveryClient.class})
  @ConditionalOnReactiveDiscoveryEnabled
  static class ReactiveConfiguration {

    @Bean
    @ConditionalOnMissingBean
    RollcallReactiveDiscoveryClient rollcallReactiveDiscoveryClient(
        InstanceLookup lookup, RollcallProperties properties) {
      return new RollcallReactiveDiscoveryClient(lookup, properties.discovery().order());
    }
  }
}
