package dev.rollcall.discovery.spring;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.server.RequestTrackingFilter;
import dev.rollcall.discovery.spring.RollcallProperties.Consul;
import dev.rollcall.discovery.spring.RollcallProperties.Service;
import jakarta.servlet.Filter;
import java.util.function.Predicate;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;
import org.springframework.web.server.WebFilter;

/**
 * The connection to Consul, and the registration of the application. {@code rollcall.enabled=false}
 * takes all of it away, {@code rollcall.service.register=false} the registration.
 */
@AutoConfiguration
@ConditionalOnProperty(name = "rollcall.enabled", matchIfMissing = true)
@EnableConfigurationProperties(RollcallProperties.class)
public final class RollcallAutoConfiguration {

  RollcallAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  ConsulOptions consulOptions(
      RollcallProperties properties,
      ObjectProvider<SslBundles> bundles,
      ObjectProvider<DiscoveryListener> listener,
      ObjectProvider<ConsulOptionsCustomizer> customizers) {
    ConsulOptions.Builder options = ConsulOptions.builder(System.getenv());
    apply(properties.consul(), bundles, options);
    Service service = properties.service();
    Setting.set("rollcall.service.network", service.network(), options::serviceNetwork);
    Setting.set(
        "rollcall.shutdown.leave-timeout",
        properties.shutdown().leaveTimeout(),
        options::leaveTimeout);
    listener.ifUnique(options::listener);
    customizers.orderedStream().forEach(each -> each.customize(options));
    return options.build();
  }

  private static void apply(
      Consul consul, ObjectProvider<SslBundles> bundles, ConsulOptions.Builder options) {
    Setting.set("rollcall.consul.addresses", consul.addresses(), options::addresses);
    if (consul.token() != null) {
      // Its own message, as that of a wrong property shows the value.
      options.token(consul.token());
    }
    Setting.set("rollcall.consul.token-file", consul.tokenFile(), options::tokenFile);
    Setting.set("rollcall.consul.namespace", consul.namespace(), options::namespace);
    Setting.set("rollcall.consul.partition", consul.partition(), options::partition);
    Setting.set("rollcall.consul.wait-time", consul.waitTime(), options::waitTime);
    Setting.set(
        "rollcall.consul.connect-timeout", consul.connectTimeout(), options::connectTimeout);
    Setting.set("rollcall.consul.call-timeout", consul.callTimeout(), options::callTimeout);
    Setting.set("rollcall.consul.connections", consul.connections(), options::connections);
    if (consul.sslBundle() != null) {
      options.sslContext(bundles.getObject().getBundle(consul.sslBundle()).createSslContext());
    }
  }

  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean
  Discovery discovery(ConsulOptions options) {
    return Discovery.connect(options);
  }

  /** The registration, and what it needs. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty(name = "rollcall.service.register", matchIfMissing = true)
  static class RegistrationConfiguration {

    @Bean
    @ConditionalOnMissingBean
    RequestTracker requestTracker() {
      return new RequestTracker();
    }

    @Bean
    @ConditionalOnMissingBean(ServiceHealth.class)
    AvailabilityHealth availabilityHealth() {
      return new AvailabilityHealth();
    }

    @Bean
    RegistrationLifecycle registrationLifecycle(
        Discovery discovery,
        RequestTracker tracker,
        ServiceHealth health,
        RollcallProperties properties,
        ObjectProvider<ServiceDefinitionCustomizer> customizers,
        Environment environment) {
      return new RegistrationLifecycle(
          discovery,
          tracker,
          health,
          properties,
          customizers.orderedStream().toList(),
          environment);
    }

    /** Requests to a servlet container. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
    @ConditionalOnClass({Filter.class, FilterRegistrationBean.class})
    static class ServletConfiguration {

      @Bean
      FilterRegistrationBean<RequestTrackingFilter> requestTrackingFilter(
          RequestTracker tracker, RollcallProperties properties, Environment environment) {
        FilterRegistrationBean<RequestTrackingFilter> filter =
            new FilterRegistrationBean<>(
                new RequestTrackingFilter(tracker, ignored(properties, environment)));
        filter.setOrder(Ordered.HIGHEST_PRECEDENCE);
        return filter;
      }
    }

    /** Requests to a reactive server. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
    @ConditionalOnClass(WebFilter.class)
    static class ReactiveConfiguration {

      @Bean
      RequestTrackingWebFilter requestTrackingWebFilter(
          RequestTracker tracker, RollcallProperties properties, Environment environment) {
        return new RequestTrackingWebFilter(tracker, ignored(properties, environment));
      }
    }

    private static Predicate<String> ignored(
        RollcallProperties properties, Environment environment) {
      return IgnoredPaths.of(properties.shutdown().ignoredPaths(), environment);
    }
  }
}
