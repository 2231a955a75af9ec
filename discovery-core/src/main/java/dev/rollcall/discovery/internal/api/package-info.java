/**
 * What registration, watch, failover and the client of Consul share: the calls of Consul as
 * interfaces, and their results.
 */
@NullMarked
package dev.rollcall.discovery.internal.api;

import org.jspecify.annotations.NullMarked;
