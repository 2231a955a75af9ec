/**
 * What {@code compose/measure} runs: programs that break the composed system under load, measure
 * it, and compute and draw what they have found. Here is what all of them share.
 */
@NullMarked
package dev.rollcall.measure;

import org.jspecify.annotations.NullMarked;
