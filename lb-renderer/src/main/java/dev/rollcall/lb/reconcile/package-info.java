/** When what is due: debouncing, retries, changes of the template. */
@NullMarked
package dev.rollcall.lb.reconcile;

import org.jspecify.annotations.NullMarked;
