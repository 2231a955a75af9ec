package dev.rollcall.discovery.examples;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.ServiceDefinition;
import java.time.Duration;

/** A service that says in its heartbeats whether it can do its work. */
public final class ReportedHealth {
  private final Database database;

  /** A service that needs that database. */
  public ReportedHealth(Database database) {
    this.database = database;
  }

  /** What the service needs. */
  public interface Database {
    /** Whether it can be used now; answers at once. */
    boolean isReachable();

    /** Calls that whenever it may have become another. */
    void onChange(Runnable listener);
  }

  /** Registers the service. */
  public Registration register(Discovery discovery, int port) {
    HealthCheck check =
        HealthCheck.ttl(Duration.ofSeconds(15))
            .reporting(
                () ->
                    database.isReachable()
                        ? HealthReport.passing()
                        : HealthReport.critical("the database does not answer"));
    Registration registration =
        discovery.register(ServiceDefinition.named("hello").port(port).check(check).build());
    database.onChange(registration::reportHealth); // at once, not with the next heartbeat
    return registration;
  }
}
