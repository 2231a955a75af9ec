/**
 * Register a service in Consul, leave on terminate, watch the catalog.
 *
 * <p>{@link dev.rollcall.discovery.Discovery#connect} is the way in. Nothing in this package blocks
 * or fails because Consul is absent: what was asked for comes true when Consul appears, and again
 * each time that Consul has forgotten it. Types in the {@code internal} packages are no part of the
 * API.
 */
@NullMarked
package dev.rollcall.discovery;

import org.jspecify.annotations.NullMarked;
