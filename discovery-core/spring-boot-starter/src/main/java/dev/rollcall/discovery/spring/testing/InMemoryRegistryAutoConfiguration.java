package dev.rollcall.discovery.spring.testing;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.spring.RollcallAutoConfiguration;
import dev.rollcall.discovery.testing.InMemoryRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;

/** A registry in memory, and the connection to it; see {@link AutoConfigureInMemoryRegistry}. */
@AutoConfiguration(before = RollcallAutoConfiguration.class)
@ConditionalOnProperty(name = "rollcall.enabled", matchIfMissing = true)
public final class InMemoryRegistryAutoConfiguration {

  InMemoryRegistryAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  InMemoryRegistry inMemoryRegistry() {
    return new InMemoryRegistry();
  }

  @Bean(destroyMethod = "close")
  Discovery discovery(InMemoryRegistry registry, ConsulOptions options) {
    return registry.connect(options);
  }
}
