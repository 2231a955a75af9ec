/** Decides, from the running and the wanted configuration alone, what has to be done. */
@NullMarked
package dev.rollcall.lb.plan;

import org.jspecify.annotations.NullMarked;
