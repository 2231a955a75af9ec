package dev.rollcall.discovery.spring;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.LeaveOnTerminate;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.spring.RollcallProperties.Service;
import dev.rollcall.discovery.spring.RollcallProperties.Shutdown;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import org.springframework.core.env.Environment;

/**
 * Registers the application when its web server listens, and leaves before anything stops: by its
 * phase it starts after the web server and stops before the graceful shutdown of Spring Boot
 * begins. Stopping removes the instance from Consul, and goes on serving until no request comes;
 * only then does Spring Boot close the port and wait for requests in flight.
 *
 * <p>Thread-safe.
 */
final class RegistrationLifecycle
    implements SmartLifecycle, ApplicationListener<AvailabilityChangeEvent<?>> {

  private static final Logger log = LoggerFactory.getLogger(RegistrationLifecycle.class);
  private static final String NAME = "rollcall.service.name";

  private final Discovery discovery;
  private final RequestTracker tracker;
  private final ServiceHealth health;
  private final Service service;
  private final Shutdown shutdown;
  private final List<ServiceDefinitionCustomizer> customizers;
  private final Environment environment;
  private volatile @Nullable Registration registration;
  private volatile @Nullable LeaveOnTerminate leave;
  private volatile boolean running;

  RegistrationLifecycle(
      Discovery discovery,
      RequestTracker tracker,
      ServiceHealth health,
      RollcallProperties properties,
      List<ServiceDefinitionCustomizer> customizers,
      Environment environment) {
    this.discovery = discovery;
    this.tracker = tracker;
    this.health = health;
    service = properties.service();
    shutdown = properties.shutdown();
    this.customizers = List.copyOf(customizers);
    this.environment = environment;
  }

  @Override
  public void start() {
    Integer port =
        service.port() != null
            ? service.port()
            : environment.getProperty("local.server.port", Integer.class);
    if (port == null || port <= 0) {
      log.info(
          "Not registered in Consul: the application has no web server. To register it all the"
              + " same, set rollcall.service.port");
    } else {
      ServiceDefinition definition = definition(port);
      LeaveOnTerminate.Builder leaving = leaving();
      Registration registered = discovery.register(definition);
      registration = registered;
      leave = leaving.registration(registered).build();
    }
    running = true;
  }

  private ServiceDefinition definition(int port) {
    ServiceDefinition.Builder definition = named();
    Setting.set("rollcall.service.port", port, definition::port);
    Setting.set("rollcall.service.id", service.id(), definition::id);
    Setting.set("rollcall.service.address", service.address(), definition::address);
    Setting.set("rollcall.service.tags", service.tags(), definition::tags);
    Setting.set("rollcall.service.meta", service.meta(), meta -> meta.forEach(definition::meta));
    Setting.set("rollcall.service.weight", service.weight(), definition::weight);
    Setting.set(
        "rollcall.service.warning-weight",
        service.warningWeight(),
        warning -> definition.weights(service.weight(), warning));
    Setting.set(
        "rollcall.service.ttl",
        service.ttl(),
        ttl -> definition.check(HealthCheck.ttl(ttl).reporting(health)));
    Setting.set(
        "rollcall.service.deregister-after",
        service.deregisterAfter(),
        after ->
            definition.check(
                HealthCheck.ttl(service.ttl()).reporting(health).deregisterAfter(after)));
    customizers.forEach(each -> each.customize(definition));
    return definition.build();
  }

  private ServiceDefinition.Builder named() {
    String name = service.name();
    String property = NAME;
    if (name == null || name.isBlank()) {
      name = environment.getProperty("spring.application.name", "");
      property = "spring.application.name";
    }
    if (name.isBlank()) {
      throw new InvalidConfigurationPropertyValueException(
          property, name, "the application registers under it; rollcall.service.name may set it");
    }
    try {
      return ServiceDefinition.named(name);
    } catch (IllegalArgumentException e) {
      throw Setting.invalid(property, name, e);
    }
  }

  private LeaveOnTerminate.Builder leaving() {
    LeaveOnTerminate.Builder leaving = LeaveOnTerminate.builder().traffic(tracker);
    Setting.set("rollcall.shutdown.leave-timeout", shutdown.leaveTimeout(), leaving::leaveTimeout);
    Setting.set("rollcall.shutdown.quiet-period", shutdown.quietPeriod(), leaving::quietPeriod);
    Setting.set("rollcall.shutdown.drain-limit", shutdown.drainLimit(), leaving::drainLimit);
    return leaving;
  }

  /** What has changed is told at once, as instances that are not ready must get no request. */
  @Override
  public void onApplicationEvent(AvailabilityChangeEvent<?> event) {
    Registration registered = registration;
    if (registered != null) {
      registered.reportHealth();
    }
  }

  /** Takes {@code leave-timeout} + {@code drain-limit} and a little at most. */
  @Override
  public void stop() {
    LeaveOnTerminate leaving = leave;
    if (leaving != null) {
      leaving.run();
    }
    leave = null;
    registration = null;
    running = false;
  }

  @Override
  public boolean isRunning() {
    return running;
  }
}
