package dev.rollcall.discovery.spring;

import java.util.Map;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Sets {@code spring.cloud.loadbalancer.cache.enabled=false} where the application does not set it.
 * That cache keeps instances for 35 s, so requests would go to instances that have left; what it
 * would save is in memory already.
 *
 * @see <a
 *     href="https://docs.spring.io/spring-cloud-commons/reference/spring-cloud-commons/loadbalancer.html#loadbalancer-caching">Spring
 *     Cloud LoadBalancer caching</a>
 */
final class LoadBalancerCacheDefault implements EnvironmentPostProcessor, Ordered {

  LoadBalancerCacheDefault() {}

  @Override
  public void postProcessEnvironment(
      ConfigurableEnvironment environment, SpringApplication application) {
    if (environment.getProperty("rollcall.enabled", Boolean.class, true)
        && environment.getProperty("rollcall.discovery.enabled", Boolean.class, true)) {
      environment
          .getPropertySources()
          .addLast(
              new MapPropertySource(
                  "rollcallDefaults", Map.of("spring.cloud.loadbalancer.cache.enabled", "false")));
    }
  }

  /** After the application's own properties have been read. */
  @Override
  public int getOrder() {
    return LOWEST_PRECEDENCE;
  }
}
