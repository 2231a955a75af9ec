package dev.rollcall.discovery.spring;

import dev.rollcall.discovery.HealthReport;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.health.actuate.endpoint.HealthDescriptor;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.contributor.Status;

/**
 * The status of a health group: {@code UP} and {@code UNKNOWN} pass, {@code DOWN} and {@code
 * OUT_OF_SERVICE} are critical, any other warns. The endpoint is looked up at the first report, as
 * indicators may need what this is a part of.
 */
final class HealthGroupHealth implements ServiceHealth {

  private final ObjectProvider<HealthEndpoint> endpoint;
  private final String group;

  HealthGroupHealth(ObjectProvider<HealthEndpoint> endpoint, String group) {
    this.endpoint = endpoint;
    this.group = group;
  }

  @Override
  public HealthReport get() {
    HealthEndpoint health = endpoint.getIfAvailable();
    HealthDescriptor found = health == null ? null : health.healthForPath(group);
    if (found == null) {
      return HealthReport.critical(
          "rollcall.service.health-group names the health group "
              + group
              + ", which the application does not have");
    }
    Status status = found.getStatus();
    String output = "The status of the health group " + group + " is " + status;
    if (Status.UP.equals(status) || Status.UNKNOWN.equals(status)) {
      return HealthReport.passing();
    }
    return Status.DOWN.equals(status) || Status.OUT_OF_SERVICE.equals(status)
        ? HealthReport.critical(output)
        : HealthReport.warning(output);
  }
}
