/** A constant load by Apache JMeter, and what became of each of its requests. */
@NullMarked
package dev.rollcall.measure.load;

import org.jspecify.annotations.NullMarked;
