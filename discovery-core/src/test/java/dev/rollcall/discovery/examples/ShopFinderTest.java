package dev.rollcall.discovery.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.testing.InMemoryRegistry;
import dev.rollcall.discovery.testing.RegistryExtension;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(RegistryExtension.class)
class ShopFinderTest {

  @Test
  void findsAShopWhileOnePasses(InMemoryRegistry registry) {
    try (ShopFinder finder = new ShopFinder(registry.connect())) {
      registry.add(ServiceDefinition.named("shop").id("shop-1").port(8080).build());
      registry.settle();
      assertThat(finder.any().map(ServiceInstance::id)).contains("shop-1");

      registry.setStatus("shop-1", HealthStatus.CRITICAL);
      registry.settle();
      assertThat(finder.any()).isEmpty();
    }
  }

  @Test
  void trustsWhatItKnowsForFiveMinutesOfAnOutage(InMemoryRegistry registry) {
    try (ShopFinder finder = new ShopFinder(registry.connect())) {
      registry.settle();
      registry.unavailable();
      registry.advance(Duration.ofMinutes(4));
      assertThat(finder.isTrustworthy()).isTrue();
      registry.advance(Duration.ofMinutes(1));
      assertThat(finder.isTrustworthy()).isFalse();
    }
  }
}
