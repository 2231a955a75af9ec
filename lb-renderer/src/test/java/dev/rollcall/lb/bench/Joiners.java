package dev.rollcall.lb.bench;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.ServiceDefinition;
import java.time.Duration;
import org.slf4j.LoggerFactory;

/** Instances that come and go as a service that embeds the library does, in this process. */
final class Joiners implements AutoCloseable {
  private final Discovery discovery;
  private volatile long passingSince;
  private int number;

  Joiners() {
    DiscoveryListener states =
        new DiscoveryListener() {
          @Override
          public void registrationChanged(String id, RegistrationState from, RegistrationState to) {
            if (to == RegistrationState.PASSING) {
              passingSince = System.nanoTime();
            }
          }
        };
    discovery = Discovery.connect(ConsulOptions.builder(System.getenv()).listener(states).build());
    // A line for each join is no news here.
    ((Logger) LoggerFactory.getLogger("dev.rollcall.discovery")).setLevel(Level.ERROR);
  }

  /** {@link System#nanoTime()} when Consul had last confirmed one of them. */
  long passingSince() {
    return passingSince;
  }

  /** Where the next one will be. */
  int nextPort() {
    return Nodes.joiner(number);
  }

  /** Begins to register the next one. */
  Registration join(int weight) {
    return join("web", weight);
  }

  /** Begins to register the next one in another service. */
  Registration join(String service, int weight) {
    return join(service, nextPort(), weight);
  }

  /** Begins to register one that has a port of its own. */
  Registration join(String service, int port, int weight) {
    return discovery.register(
        ServiceDefinition.named(service)
            .id("joiner-" + number++)
            .address(Nodes.ADDRESS)
            .port(port)
            .weight(weight)
            .check(HealthCheck.ttl(Duration.ofMinutes(5)))
            .build());
  }

  @Override
  public void close() {
    discovery.close();
  }
}
