/**
 * discovery-core in a Spring Boot application: auto-configuration by the properties {@code
 * rollcall.*}. The application registers in Consul when its server listens, and leaves before it
 * stops; Spring Cloud finds instances through a {@code DiscoveryClient}.
 *
 * <p>What is public here is for applications that set what no property sets: beans of the types
 * whose names end in {@code Customizer}, and {@link dev.rollcall.discovery.spring.ServiceHealth}.
 */
@NullMarked
package dev.rollcall.discovery.spring;

import org.jspecify.annotations.NullMarked;
