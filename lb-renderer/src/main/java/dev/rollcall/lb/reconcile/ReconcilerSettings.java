package dev.rollcall.lb.reconcile;

import dev.rollcall.lb.consul.SelfPreservationRules;
import dev.rollcall.lb.routing.RoutingRules;
import dev.rollcall.lb.routing.ServiceSelector;
import dev.rollcall.lb.template.ServerNames;
import java.time.Duration;

/**
 * How the reconciler deals with what Consul says. Immutable.
 *
 * @param firstAnswerTimeout how long a rendering waits for Consul's first answer for each service
 * @param selfPreservation what of a loss is believed, and when
 * @param debouncer when a change is due
 * @param serverNames which of its names a server gets
 * @param selector which services a template ranges over
 * @param routing what instances may ask for
 */
public record ReconcilerSettings(
    Duration firstAnswerTimeout,
    SelfPreservationRules selfPreservation,
    Debouncer debouncer,
    ServerNames.Style serverNames,
    ServiceSelector selector,
    RoutingRules routing) {}
