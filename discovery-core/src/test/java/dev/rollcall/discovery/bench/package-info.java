/**
 * What the library costs, measured: run by {@code compose/measure/bench}, compiled with the tests.
 */
@NullMarked
package dev.rollcall.discovery.bench;

import org.jspecify.annotations.NullMarked;
