/** The composed system broken on purpose, one fault after the other or by chance, under a load. */
@NullMarked
package dev.rollcall.measure.faults;

import org.jspecify.annotations.NullMarked;
