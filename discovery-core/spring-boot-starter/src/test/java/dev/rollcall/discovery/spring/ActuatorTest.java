package dev.rollcall.discovery.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.micrometer.DiscoveryMetrics;
import dev.rollcall.discovery.spring.testing.InMemoryRegistryAutoConfiguration;
import dev.rollcall.discovery.testing.InMemoryRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.autoconfigure.actuate.endpoint.HealthEndpointAutoConfiguration;
import org.springframework.boot.health.autoconfigure.contributor.HealthContributorAutoConfiguration;
import org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class ActuatorTest {

  private final InMemoryRegistry registry = new InMemoryRegistry();

  private final ApplicationContextRunner app =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  InMemoryRegistryAutoConfiguration.class,
                  RollcallAutoConfiguration.class,
                  RollcallActuatorAutoConfiguration.class,
                  HealthContributorAutoConfiguration.class,
                  HealthContributorRegistryAutoConfiguration.class,
                  HealthEndpointAutoConfiguration.class,
                  MetricsAutoConfiguration.class,
                  CompositeMeterRegistryAutoConfiguration.class,
                  SimpleMetricsExportAutoConfiguration.class))
          .withBean(InMemoryRegistry.class, () -> registry)
          .withPropertyValues(
              "spring.application.name=shop",
              "rollcall.shutdown.quiet-period=0s",
              "local.server.port=8080");

  private static Health health(org.springframework.context.ApplicationContext context) {
    return Objects.requireNonNull(
        context.getBean("rollcallHealthIndicator", HealthIndicator.class).health());
  }

  @Test
  void theHealthIndicatorTellsOfRegistrationsAndWatchesAndIsNeverDown() {
    app.withPropertyValues("rollcall.service.register=false")
        .run(
            context -> {
              Discovery discovery = context.getBean(Discovery.class);
              discovery.register(ServiceDefinition.named("web").id("web-1").port(80).build());
              discovery.watch("shop");
              registry.settle();
              assertThat(health(context).getStatus()).isEqualTo(Status.UP);
              assertThat(health(context).getDetails().toString())
                  .contains("web-1=PASSING", "shop=confirmed 0 s ago");

              registry.unavailable();
              registry.advance(Duration.ofMinutes(1));
              assertThat(health(context).getStatus()).isEqualTo(Status.UNKNOWN);
              assertThat(health(context).getDetails().toString())
                  .contains("web-1=JOINING", "may be out of date");
            });
  }

  @Test
  void theHealthIndicatorCanBeSwitchedOff() {
    app.withPropertyValues("management.health.rollcall.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean("rollcallHealthIndicator"));
  }

  @Test
  void heartbeatsReportTheStatusOfAHealthGroup() {
    app.withBean("stockHealthIndicator", HealthIndicator.class, () -> () -> Health.down().build())
        .withPropertyValues(
            "management.endpoint.health.group.traffic.include=stock",
            "rollcall.service.health-group=traffic")
        .run(
            context ->
                assertThat(registry.instances("shop").get(0).status())
                    .isEqualTo(HealthStatus.CRITICAL));
    app.withBean("stockHealthIndicator", HealthIndicator.class, () -> () -> Health.up().build())
        .withPropertyValues(
            "management.endpoint.health.group.traffic.include=stock",
            "rollcall.service.health-group=traffic")
        .run(context -> assertThat(registry.passing("shop")).hasSize(1));
  }

  @Test
  void aHealthGroupThatIsNotThereIsCritical() {
    app.withPropertyValues("rollcall.service.health-group=nothing")
        .run(
            context ->
                assertThat(context.getBean(ServiceHealth.class).get().output())
                    .contains("rollcall.service.health-group", "nothing"));
  }

  @Test
  void countsAndGaugesAreMeters() {
    app.run(
        context -> {
          registry.settle();
          MeterRegistry meters = context.getBean(MeterRegistry.class);
          assertThat(meters.get("rollcall.registrations").gauges()).isNotEmpty();
          registry.advance(Duration.ofSeconds(20));
          assertThat(meters.get("rollcall.registration.beats").timer().count()).isPositive();
        });
  }

  @Test
  void aListenerOfTheApplicationTakesThePlaceOfTheCounts() {
    app.withBean(DiscoveryListener.class, () -> new DiscoveryListener() {})
        .run(context -> assertThat(context).doesNotHaveBean(DiscoveryMetrics.class));
  }

  @Test
  void neitherActuatorNorMicrometerNeedBeThere() {
    new ApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(
                InMemoryRegistryAutoConfiguration.class,
                RollcallAutoConfiguration.class,
                RollcallActuatorAutoConfiguration.class))
        .withClassLoader(
            new FilteredClassLoader("org.springframework.boot.health", "io.micrometer"))
        .run(context -> assertThat(context).hasNotFailed().hasSingleBean(Discovery.class));
  }
}
