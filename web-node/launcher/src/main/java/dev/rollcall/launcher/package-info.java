/**
 * Runs any program as a service that Consul knows: registered, checked, and left before it stops.
 */
@NullMarked
package dev.rollcall.launcher;

import org.jspecify.annotations.NullMarked;
