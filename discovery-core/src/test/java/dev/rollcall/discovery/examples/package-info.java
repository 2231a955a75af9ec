/**
 * What the pages on the library in {@code docs/} show: compiled, run, and the same text as there.
 */
@NullMarked
package dev.rollcall.discovery.examples;

import org.jspecify.annotations.NullMarked;
