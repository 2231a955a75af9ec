package dev.rollcall.lb.pipeline;

import dev.rollcall.lb.catalog.GuardRules;
import java.time.Duration;

/**
 * How a pipeline deals with what Consul says. Immutable.
 *
 * @param patience how long a rendering waits for Consul's first answer for each service
 * @param guard what of a loss is believed, and when
 * @param quiescence when a change is due
 */
public record Terms(Duration patience, GuardRules guard, Quiescence quiescence) {}
