package dev.rollcall.discovery.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.discovery.ConsulException;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.spring.testing.InMemoryRegistryAutoConfiguration;
import dev.rollcall.discovery.testing.InMemoryRegistry;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.discovery.ReactiveDiscoveryClient;

class DiscoveryClientTest {

  private final InMemoryRegistry registry = new InMemoryRegistry();

  private final ApplicationContextRunner app =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  InMemoryRegistryAutoConfiguration.class,
                  RollcallAutoConfiguration.class,
                  RollcallDiscoveryClientAutoConfiguration.class))
          .withBean(InMemoryRegistry.class, () -> registry)
          .withPropertyValues("rollcall.service.register=false");

  private static dev.rollcall.discovery.ServiceInstance.Builder instance(String address) {
    return dev.rollcall.discovery.ServiceInstance.builder("shop", address, 8080);
  }

  @Test
  void findsThePassingInstances() {
    registry.add(instance("10.0.0.1").id("shop-1").weight(5).build());
    registry.add(instance("10.0.0.2").id("shop-2").status(HealthStatus.CRITICAL).build());
    app.run(
        context -> {
          DiscoveryClient client = context.getBean(DiscoveryClient.class);
          assertThat(client.getInstances("shop")).hasSize(1);
          ServiceInstance found = client.getInstances("shop").get(0);
          assertThat(found.getInstanceId()).isEqualTo("shop-1");
          assertThat(found.getServiceId()).isEqualTo("shop");
          assertThat(found.getUri()).isEqualTo(URI.create("http://10.0.0.1:8080"));
          assertThat(found.getMetadata()).containsEntry("weight", "5");
          assertThat(client.getServices()).containsExactly("shop");

          registry.setStatus("shop-2", HealthStatus.PASSING);
          registry.settle();
          assertThat(client.getInstances("shop")).hasSize(2);
        });
  }

  @Test
  void anInstanceWhoseMetadataSaysSoIsSecure() {
    registry.add(instance("fd00::1").meta(Map.of("secure", "true")).build());
    app.run(
        context -> {
          ServiceInstance found =
              context.getBean(DiscoveryClient.class).getInstances("shop").get(0);
          assertThat(found.isSecure()).isTrue();
          assertThat(found.getUri()).isEqualTo(URI.create("https://[fd00::1]:8080"));
        });
  }

  @Test
  void whatIsKnownHoldsThroughAnOutage() {
    registry.add(instance("10.0.0.1").build());
    app.run(
        context -> {
          DiscoveryClient client = context.getBean(DiscoveryClient.class);
          assertThat(client.getInstances("shop")).hasSize(1);
          registry.settle();
          registry.unavailable();
          registry.settle();
          assertThat(client.getInstances("shop")).hasSize(1);
        });
  }

  @Test
  void whereNothingIsKnownYetAnOutageIsTold() {
    registry.unavailable();
    app.run(
        context ->
            assertThatThrownBy(() -> context.getBean(DiscoveryClient.class).getInstances("shop"))
                .isInstanceOf(ConsulException.class));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "no such service", "../v1/kv", "a?b"})
  void aNameThatNoServiceCanHaveHasNoInstances(String name) {
    app.run(
        context -> assertThat(context.getBean(DiscoveryClient.class).getInstances(name)).isEmpty());
  }

  @Test
  void servicesBeyondTheLimitAreReadAndNotWatched() {
    registry.add(instance("10.0.0.1").build());
    app.withPropertyValues("rollcall.discovery.watches=1")
        .run(
            context -> {
              DiscoveryClient client = context.getBean(DiscoveryClient.class);
              assertThat(client.getInstances("other")).isEmpty();
              assertThat(client.getInstances("shop")).hasSize(1);
              registry.settle();
              assertThat(context.getBean(Discovery.class).health().watches()).hasSize(1);
            });
  }

  @Test
  void customizersNarrowTheQuery() {
    registry.add(instance("10.0.0.1").id("blue").tags(List.of("blue")).build());
    registry.add(instance("10.0.0.2").id("green").build());
    app.withBean(ServiceQueryCustomizer.class, () -> query -> query.tag("blue"))
        .run(
            context ->
                assertThat(context.getBean(DiscoveryClient.class).getInstances("shop"))
                    .extracting(ServiceInstance::getInstanceId)
                    .containsExactly("blue"));
  }

  @Test
  void theReactiveClientFindsTheSame() {
    registry.add(instance("10.0.0.1").id("shop-1").build());
    app.run(
        context -> {
          ReactiveDiscoveryClient client = context.getBean(ReactiveDiscoveryClient.class);
          assertThat(client.getInstances("shop").collectList().block())
              .extracting(ServiceInstance::getInstanceId)
              .containsExactly("shop-1");
          assertThat(client.getServices().collectList().block()).containsExactly("shop");
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rollcall.enabled=false",
        "rollcall.discovery.enabled=false",
        "spring.cloud.discovery.enabled=false"
      })
  void thereIsNoClientWhereItIsDisabled(String property) {
    app.withPropertyValues(property)
        .run(
            context ->
                assertThat(context)
                    .doesNotHaveBean(DiscoveryClient.class)
                    .doesNotHaveBean(ReactiveDiscoveryClient.class));
  }

  @Test
  void springCloudNeedNotBeThere() {
    app.withClassLoader(new FilteredClassLoader("org.springframework.cloud", "reactor"))
        .run(context -> assertThat(context).hasNotFailed().hasSingleBean(Discovery.class));
  }
}
