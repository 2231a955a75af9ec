/** The program. */
@NullMarked
package dev.rollcall.lb;

import org.jspecify.annotations.NullMarked;
