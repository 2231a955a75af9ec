/** Several Consul agents as one: calls go to the next one when one does not answer. */
@NullMarked
package dev.rollcall.discovery.internal.failover;

import org.jspecify.annotations.NullMarked;
