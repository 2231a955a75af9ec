/** A Quarkus application that uses discovery-core. */
@NullMarked
package dev.rollcall.discovery.frameworks.quarkus;

import org.jspecify.annotations.NullMarked;
