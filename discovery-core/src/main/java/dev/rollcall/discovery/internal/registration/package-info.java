/** One registration: its state machine, heartbeat, deregistration and the rotation of its token. */
@NullMarked
package dev.rollcall.discovery.internal.registration;

import org.jspecify.annotations.NullMarked;
