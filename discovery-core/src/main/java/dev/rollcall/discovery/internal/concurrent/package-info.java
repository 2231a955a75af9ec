/** Executors, scheduler, serial execution, back-off and clock. */
@NullMarked
package dev.rollcall.discovery.internal.concurrent;

import org.jspecify.annotations.NullMarked;
