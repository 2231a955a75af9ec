/**
 * For the tests of services that embed the library: an {@link
 * dev.rollcall.discovery.testing.InMemoryRegistry} in Consul's place, and a {@link
 * dev.rollcall.discovery.testing.LeakCheck} with its JUnit 5 {@link
 * dev.rollcall.discovery.testing.RegistryExtension extension}.
 *
 * <p>This package is an artifact of its own, {@code discovery-core} with the classifier {@code
 * testing}, of the same version as the library: it runs the library's own state machines over a
 * registry in memory.
 */
@NullMarked
package dev.rollcall.discovery.testing;

import org.jspecify.annotations.NullMarked;
