package dev.rollcall.discovery.spring;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.mock.env.MockEnvironment;

class LoadBalancerCacheDefaultTest {

  private final MockEnvironment environment = new MockEnvironment();

  private @Nullable String cache() {
    new LoadBalancerCacheDefault().postProcessEnvironment(environment, new SpringApplication());
    return environment.getProperty("spring.cloud.loadbalancer.cache.enabled");
  }

  @Test
  void theCacheIsOffByDefault() {
    assertThat(cache()).isEqualTo("false");
  }

  @Test
  void whatTheApplicationSetsHolds() {
    environment.setProperty("spring.cloud.loadbalancer.cache.enabled", "true");
    assertThat(cache()).isEqualTo("true");
  }

  @Test
  void nothingIsSetWhereTheDiscoveryClientIsDisabled() {
    environment.setProperty("rollcall.discovery.enabled", "false");
    assertThat(cache()).isNull();
  }
}
