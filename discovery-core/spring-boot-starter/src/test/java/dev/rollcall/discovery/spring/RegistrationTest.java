package dev.rollcall.discovery.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.spring.testing.InMemoryRegistryAutoConfiguration;
import dev.rollcall.discovery.testing.InMemoryRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.core.Ordered;

class RegistrationTest {

  private final InMemoryRegistry registry = new InMemoryRegistry();

  private final ApplicationContextRunner app =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  InMemoryRegistryAutoConfiguration.class,
                  SslAutoConfiguration.class,
                  RollcallAutoConfiguration.class))
          .withBean(InMemoryRegistry.class, () -> registry)
          .withPropertyValues(
              "spring.application.name=shop",
              "rollcall.shutdown.quiet-period=0s",
              "local.server.port=8080");

  private ServiceInstance registered() {
    assertThat(registry.instances("shop")).hasSize(1);
    return registry.instances("shop").get(0);
  }

  private static void publish(AssertableApplicationContext context, ReadinessState state) {
    AvailabilityChangeEvent.publish(context, state);
  }

  @Test
  void registersWithTheNameOfTheApplicationAndThePortOfTheServer() {
    app.run(
        context -> {
          assertThat(registered().port()).isEqualTo(8080);
          assertThat(registered().id()).startsWith("shop-").endsWith("-8080");
        });
    assertThat(registry.instances("shop")).as("after the context has closed").isEmpty();
  }

  @Test
  void registersWhatThePropertiesSay() {
    app.withPropertyValues(
            "rollcall.service.name=store",
            "rollcall.service.id=store-1",
            "rollcall.service.address=10.1.2.3",
            "rollcall.service.port=9090",
            "rollcall.service.tags=blue,canary",
            "rollcall.service.meta.zone=a",
            "rollcall.service.weight=7",
            "rollcall.service.warning-weight=2")
        .run(
            context -> {
              publish(context, ReadinessState.ACCEPTING_TRAFFIC);
              ServiceInstance found = registry.passing("store").get(0);
              assertThat(found.id()).isEqualTo("store-1");
              assertThat(found.address()).isEqualTo("10.1.2.3");
              assertThat(found.port()).isEqualTo(9090);
              assertThat(found.tags()).containsExactly("blue", "canary");
              assertThat(found.meta()).containsEntry("zone", "a");
              assertThat(found.weight()).isEqualTo(7);
            });
  }

  @Test
  void passesOnlyWhileTheApplicationIsReadyAndLive() {
    app.run(
        context -> {
          assertThat(registered().status()).isEqualTo(HealthStatus.CRITICAL);
          publish(context, ReadinessState.ACCEPTING_TRAFFIC);
          assertThat(registered().status()).isEqualTo(HealthStatus.PASSING);
          publish(context, ReadinessState.REFUSING_TRAFFIC);
          assertThat(registered().status()).isEqualTo(HealthStatus.CRITICAL);
          publish(context, ReadinessState.ACCEPTING_TRAFFIC);
          AvailabilityChangeEvent.publish(context, LivenessState.BROKEN);
          assertThat(registered().status()).isEqualTo(HealthStatus.CRITICAL);
        });
  }

  @Test
  void reportsTheHealthThatABeanTells() {
    app.withBean(ServiceHealth.class, () -> () -> HealthReport.warning("low on stock"))
        .run(context -> assertThat(registered().status()).isEqualTo(HealthStatus.WARNING));
  }

  @Test
  void isBackAfterTheRegistryHasLostItsData() {
    app.run(
        context -> {
          publish(context, ReadinessState.ACCEPTING_TRAFFIC);
          registry.settle();
          registry.forgetEverything();
          registry.advance(Duration.ofSeconds(6));
          assertThat(registry.passing("shop")).hasSize(1);
        });
  }

  @Test
  void startsWithoutConsulAndRegistersWhenItIsThere() {
    registry.unavailable();
    app.run(
        context -> {
          assertThat(context).hasNotFailed();
          publish(context, ReadinessState.ACCEPTING_TRAFFIC);
          registry.available();
          registry.advance(Duration.ofMinutes(1));
          assertThat(registry.passing("shop")).hasSize(1);
        });
  }

  @Test
  void customizersHaveTheLastWord() {
    app.withPropertyValues("rollcall.service.tags=blue", "rollcall.consul.wait-time=10s")
        .withBean(ServiceDefinitionCustomizer.class, () -> definition -> definition.tag("extra"))
        .withBean(
            ConsulOptionsCustomizer.class,
            () -> options -> options.waitTime(Duration.ofSeconds(20)))
        .run(
            context -> {
              assertThat(registered().tags()).containsExactly("blue", "extra");
              assertThat(context.getBean(ConsulOptions.class).waitTime()).hasSeconds(20);
            });
  }

  @Test
  void thePropertiesAreTheOptionsOfTheConnection() {
    app.withPropertyValues(
            "rollcall.consul.addresses=http://10.0.0.1:8500,https://10.0.0.2:8501",
            "rollcall.consul.token=secret",
            "rollcall.consul.namespace=team",
            "rollcall.consul.partition=north",
            "rollcall.consul.wait-time=10s",
            "rollcall.consul.connect-timeout=1s",
            "rollcall.consul.call-timeout=3s",
            "rollcall.consul.connections=50",
            "rollcall.shutdown.leave-timeout=4s")
        .run(
            context -> {
              ConsulOptions options = context.getBean(ConsulOptions.class);
              assertThat(options.addresses())
                  .extracting(Object::toString)
                  .containsExactly("http://10.0.0.1:8500", "https://10.0.0.2:8501");
              assertThat(options.token().get()).contains("secret");
              assertThat(options.namespace()).contains("team");
              assertThat(options.partition()).contains("north");
              assertThat(options.waitTime()).hasSeconds(10);
              assertThat(options.connectTimeout()).hasSeconds(1);
              assertThat(options.callTimeout()).hasSeconds(3);
              assertThat(options.connections()).isEqualTo(50);
              assertThat(options.leaveTimeout()).hasSeconds(4);
            });
  }

  @Test
  void withoutAnyPropertyTheDefaultsOfTheLibraryHold() {
    app.run(
        context -> {
          ConsulOptions options = context.getBean(ConsulOptions.class);
          ConsulOptions defaults = ConsulOptions.builder().build();
          assertThat(options.waitTime()).isEqualTo(defaults.waitTime());
          assertThat(options.connectTimeout()).isEqualTo(defaults.connectTimeout());
          assertThat(options.callTimeout()).isEqualTo(defaults.callTimeout());
          assertThat(options.leaveTimeout()).isEqualTo(defaults.leaveTimeout());
          assertThat(options.connections()).isEqualTo(defaults.connections());
        });
  }

  @ParameterizedTest
  @CsvSource({
    "rollcall.consul.addresses, ftp://nowhere",
    "rollcall.consul.wait-time, 1ms",
    "rollcall.consul.connections, 1",
    "rollcall.service.name, no_label",
    "rollcall.service.id, a b",
    "rollcall.service.network, 10.0.0.0/99",
    "rollcall.service.weight, 0",
    "rollcall.service.warning-weight, -1",
    "rollcall.service.ttl, 1ms",
    "rollcall.service.deregister-after, 1s",
    "rollcall.service.port, 70000",
    "rollcall.shutdown.drain-limit, 2h",
    "rollcall.shutdown.leave-timeout, 0s"
  })
  void aWrongValueStopsTheStartAndNamesTheProperty(String property, String value) {
    app.withPropertyValues(property + "=" + value)
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .hasStackTraceContaining("Property " + property + " with value '"));
    assertThat(registry.instances("shop")).isEmpty();
  }

  @Test
  void aWrongTokenIsNotShown() {
    app.withPropertyValues("rollcall.consul.token=very secret")
        .run(
            context ->
                assertThat(context.getStartupFailure())
                    .hasStackTraceContaining("token must be")
                    .satisfies(
                        failure ->
                            assertThat(failure).rootCause().hasMessageNotContaining("very")));
  }

  @Test
  void anSslBundleIsUsed() {
    SslBundle bundle = SslBundle.of(null);
    app.withBean(SslBundles.class, () -> new DefaultSslBundleRegistry("consul", bundle))
        .withPropertyValues("rollcall.consul.ssl-bundle=consul")
        .run(context -> assertThat(context.getBean(ConsulOptions.class).sslContext()).isPresent());
  }

  @Test
  void anSslBundleThatIsNotThereIsNamed() {
    app.withPropertyValues("rollcall.consul.ssl-bundle=nothing")
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .rootCause()
                    .isInstanceOf(NoSuchSslBundleException.class)
                    .hasMessageContaining("nothing"));
  }

  @Test
  void anApplicationWithoutANameDoesNotStart() {
    app.withPropertyValues("spring.application.name=")
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .rootCause()
                    .isInstanceOf(InvalidConfigurationPropertyValueException.class)
                    .hasMessageContaining("spring.application.name"));
  }

  @Test
  void anApplicationWithoutAServerIsNotRegistered() {
    app.withPropertyValues("local.server.port=")
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(registry.instances("shop")).isEmpty();
            });
  }

  @Test
  void registersAgainWhenTheContextIsStartedAgain() {
    app.run(
        context -> {
          context.getSourceApplicationContext().stop();
          assertThat(registry.instances("shop")).isEmpty();
          context.getSourceApplicationContext().start();
          assertThat(registry.instances("shop")).hasSize(1);
        });
  }

  @Test
  void leavesBeforeTheGracefulShutdownBegins() {
    app.run(
        context ->
            assertThat(context.getBean(RegistrationLifecycle.class).getPhase())
                .isGreaterThan(WebServerApplicationContext.GRACEFUL_SHUTDOWN_PHASE));
  }

  @Test
  void nothingIsThereWhereItIsDisabled() {
    app.withPropertyValues("rollcall.enabled=false")
        .run(
            context ->
                assertThat(context)
                    .doesNotHaveBean(Discovery.class)
                    .doesNotHaveBean(RequestTracker.class)
                    .doesNotHaveBean(RollcallProperties.class));
  }

  @Test
  void anApplicationMayFindOthersWithoutRegistering() {
    app.withPropertyValues("rollcall.service.register=false")
        .run(
            context -> {
              assertThat(context).hasSingleBean(Discovery.class);
              assertThat(registry.instances("shop")).isEmpty();
            });
  }

  @Test
  void requestsToAReactiveServerAreCounted() {
    new ReactiveWebApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(
                InMemoryRegistryAutoConfiguration.class, RollcallAutoConfiguration.class))
        .withPropertyValues("spring.application.name=shop")
        .run(context -> assertThat(context).hasSingleBean(RequestTrackingWebFilter.class));
  }

  @Test
  void requestsToAServletContainerAreCountedBeforeAllOtherFilters() {
    new WebApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(
                InMemoryRegistryAutoConfiguration.class, RollcallAutoConfiguration.class))
        .withPropertyValues("spring.application.name=shop")
        .run(
            context ->
                assertThat(context.getBean(FilterRegistrationBean.class).getOrder())
                    .isEqualTo(Ordered.HIGHEST_PRECEDENCE));
  }
}
