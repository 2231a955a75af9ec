/** TLS from PEM files that somebody rotates. */
@NullMarked
package dev.rollcall.discovery.internal.tls;

import org.jspecify.annotations.NullMarked;
