/** Carries a rendered configuration to the file and to HAProxy, and back again when that fails. */
@NullMarked
package dev.rollcall.lb.apply;

import org.jspecify.annotations.NullMarked;
