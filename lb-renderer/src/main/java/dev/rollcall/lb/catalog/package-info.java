/** What Consul says of the services that a template names: watched, and kept through outages. */
@NullMarked
package dev.rollcall.lb.catalog;

import org.jspecify.annotations.NullMarked;
