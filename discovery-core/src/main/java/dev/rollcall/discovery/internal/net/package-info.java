/** Addresses, networks and host names. */
@NullMarked
package dev.rollcall.discovery.internal.net;

import org.jspecify.annotations.NullMarked;
