package dev.rollcall.discovery.examples;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.server.RequestTrackingFilter;
import jakarta.servlet.Filter;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** What a Spring Boot app imports. */
@Configuration
class ConsulConfiguration {

  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean
  Discovery discovery() {
    return Discovery.connect(ConsulOptions.fromEnvironment());
  }

  @Bean
  RequestTracker traffic() {
    return new RequestTracker();
  }

  @Bean
  Filter trafficFilter(RequestTracker traffic) {
    return new RequestTrackingFilter(traffic, path -> path.startsWith("/actuator/"));
  }

  @Bean
  SmartLifecycle consul(Discovery discovery, RequestTracker traffic, Environment environment) {
    return new ConsulLifecycle(discovery, traffic, environment);
  }
}
