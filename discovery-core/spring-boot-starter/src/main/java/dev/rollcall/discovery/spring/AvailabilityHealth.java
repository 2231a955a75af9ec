package dev.rollcall.discovery.spring;

import dev.rollcall.discovery.HealthReport;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.AvailabilityState;
import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.ApplicationListener;
import org.springframework.core.Ordered;

/**
 * The readiness and liveness state of the application: it passes while it is live and accepts
 * traffic, which is so from the end of its start on. Keeps the state itself, and is told of it
 * first, so that a report that a change causes never tells of the state before.
 *
 * <p>Thread-safe.
 */
final class AvailabilityHealth
    implements ServiceHealth, ApplicationListener<AvailabilityChangeEvent<?>>, Ordered {

  private volatile AvailabilityState liveness = LivenessState.CORRECT;
  private volatile AvailabilityState readiness = ReadinessState.REFUSING_TRAFFIC;

  @Override
  public void onApplicationEvent(AvailabilityChangeEvent<?> event) {
    AvailabilityState state = event.getState();
    if (state instanceof LivenessState) {
      liveness = state;
    } else if (state instanceof ReadinessState) {
      readiness = state;
    }
  }

  @Override
  public HealthReport get() {
    if (liveness != LivenessState.CORRECT) {
      return HealthReport.critical("The liveness state is " + liveness);
    }
    if (readiness != ReadinessState.ACCEPTING_TRAFFIC) {
      return HealthReport.critical("The readiness state is " + readiness);
    }
    return HealthReport.passing();
  }

  @Override
  public int getOrder() {
    return HIGHEST_PRECEDENCE;
  }
}
