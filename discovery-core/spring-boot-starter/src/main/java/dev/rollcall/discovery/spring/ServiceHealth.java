package dev.rollcall.discovery.spring;

import dev.rollcall.discovery.HealthReport;
import java.util.function.Supplier;

/**
 * What each heartbeat says of the application's health. A bean of this type replaces the default,
 * which reports the readiness and liveness state of the application.
 *
 * <p>Called as {@link dev.rollcall.discovery.HealthCheck.Ttl#reporting} says: on one thread, with
 * one second to answer.
 */
@FunctionalInterface
public interface ServiceHealth extends Supplier<HealthReport> {}
