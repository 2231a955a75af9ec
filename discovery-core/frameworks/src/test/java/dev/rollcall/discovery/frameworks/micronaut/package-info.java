/** A Micronaut application that uses discovery-core. */
@NullMarked
package dev.rollcall.discovery.frameworks.micronaut;

import org.jspecify.annotations.NullMarked;
