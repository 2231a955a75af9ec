/**
 * The watched services as one immutable snapshot, kept through outages of Consul
 * (self-preservation).
 */
@NullMarked
package dev.rollcall.lb.consul;

import org.jspecify.annotations.NullMarked;
