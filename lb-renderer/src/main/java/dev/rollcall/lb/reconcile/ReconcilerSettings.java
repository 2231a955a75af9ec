package dev.rollcall.lb.reconcile;

import dev.rollcall.lb.consul.SelfPreservationRules;
import java.time.Duration;

/**
 * How the reconciler deals with what Consul says. Immutable.
 *
 * @param firstAnswerTimeout how long a rendering waits for Consul's first answer for each service
 * @param selfPreservation what of a loss is believed, and when
 * @param debouncer when a change is due
 */
public record ReconcilerSettings(
    Duration firstAnswerTimeout, SelfPreservationRules selfPreservation, Debouncer debouncer) {}
