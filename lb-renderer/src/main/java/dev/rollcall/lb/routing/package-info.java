/**
 * Which services a rule of the operator selects, and the host, path or port at which each of them
 * is reached: pure decisions from names, tags and instances.
 */
@NullMarked
package dev.rollcall.lb.routing;

import org.jspecify.annotations.NullMarked;
