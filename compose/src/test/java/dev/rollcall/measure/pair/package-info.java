/** A pair of balancers behind one address: what a takeover costs, under a load. */
@NullMarked
package dev.rollcall.measure.pair;

import org.jspecify.annotations.NullMarked;
