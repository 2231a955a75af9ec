package dev.rollcall.discovery.spring;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.micrometer.DiscoveryMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What Actuator and Micrometer tell of the connection, where the application has them. */
@AutoConfiguration(
    before = RollcallAutoConfiguration.class,
    afterName = {
      "org.springframework.boot.health.autoconfigure.actuate.endpoint.HealthEndpointAutoConfiguration",
      "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration"
    })
@ConditionalOnProperty(name = "rollcall.enabled", matchIfMissing = true)
public final class RollcallActuatorAutoConfiguration {

  RollcallActuatorAutoConfiguration() {}

  /** The health indicator {@code rollcall}. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
  static class HealthConfiguration {

    @Bean
    @ConditionalOnEnabledHealthIndicator("rollcall")
    @ConditionalOnMissingBean(name = "rollcallHealthIndicator")
    HealthIndicator rollcallHealthIndicator(Discovery discovery) {
      return new RollcallHealthIndicator(discovery);
    }
  }

  /** What heartbeats report, where a health group is named. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(HealthEndpoint.class)
  @ConditionalOnProperty("rollcall.service.health-group")
  static class HealthGroupConfiguration {

    @Bean
    @ConditionalOnMissingBean
    ServiceHealth healthGroupHealth(
        ObjectProvider<HealthEndpoint> endpoint, RollcallProperties properties) {
      return new HealthGroupHealth(endpoint, String.valueOf(properties.service().healthGroup()));
    }
  }

  /** The meters of discovery-core. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(MeterRegistry.class)
  @ConditionalOnBean(MeterRegistry.class)
  static class MetricsConfiguration {

    @Bean
    @ConditionalOnMissingBean(DiscoveryListener.class)
    DiscoveryMetrics discoveryMetrics(MeterRegistry meters) {
      return new DiscoveryMetrics(meters);
    }

    @Bean
    MeterBinder discoveryMeters(Discovery discovery) {
      return DiscoveryMetrics.of(discovery);
    }
  }
}
