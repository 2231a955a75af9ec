@NullMarked
package dev.rollcall.discovery.internal.tls;

import org.jspecify.annotations.NullMarked;
