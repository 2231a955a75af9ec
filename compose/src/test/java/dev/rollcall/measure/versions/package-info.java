/**
 * Which versions of Consul, HAProxy, Docker and Java the tests ran with, taken from their reports.
 */
@NullMarked
package dev.rollcall.measure.versions;

import org.jspecify.annotations.NullMarked;
