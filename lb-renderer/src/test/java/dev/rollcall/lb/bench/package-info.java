/**
 * lb-renderer and what people use instead, measured side by side: run by {@code
 * compose/measure/bench}, compiled with the tests.
 */
@NullMarked
package dev.rollcall.lb.bench;

import org.jspecify.annotations.NullMarked;
