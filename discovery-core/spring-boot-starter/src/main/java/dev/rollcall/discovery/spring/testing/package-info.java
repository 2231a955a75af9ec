/** For tests of an application: a registry in memory in the place of Consul. */
@NullMarked
package dev.rollcall.discovery.spring.testing;

import org.jspecify.annotations.NullMarked;
