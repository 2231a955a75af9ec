package dev.rollcall.lb.catalog;

import java.time.Duration;

/**
 * How far a pool is to be trusted.
 *
 * @param age time since Consul last confirmed it
 * @param stale whether it may be out of date, as Consul doesn't answer
 */
public record Freshness(Duration age, boolean stale) {}
