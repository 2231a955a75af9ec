package dev.rollcall.discovery.examples;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.LeaveOnTerminate;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.ServiceDefinition;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;
import org.springframework.core.env.Environment;

/**
 * Registers a Spring Boot app when its server listens, and leaves before it stops: by its phase,
 * the default one, it starts after the server and stops before it.
 */
final class ConsulLifecycle implements SmartLifecycle {

  private final Discovery discovery;
  private final RequestTracker traffic;
  private final Environment environment;
  private volatile @Nullable LeaveOnTerminate leave;

  ConsulLifecycle(Discovery discovery, RequestTracker traffic, Environment environment) {
    this.discovery = discovery;
    this.traffic = traffic;
    this.environment = environment;
  }

  @Override
  public void start() {
    String name = environment.getRequiredProperty("spring.application.name");
    int port = environment.getRequiredProperty("local.server.port", Integer.class);
    Registration registration =
        discovery.register(ServiceDefinition.named(name).port(port).tag("spring").build());
    leave = LeaveOnTerminate.builder().registration(registration).traffic(traffic).build();
  }

  @Override
  public void stop() {
    LeaveOnTerminate leaving = leave;
    if (leaving != null) {
      leaving.run();
      leave = null;
    }
  }

  @Override
  public boolean isRunning() {
    return leave != null;
  }
}
