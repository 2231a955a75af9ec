/** What {@code docs/embedding.md} shows: compiled, run, and the same text as there. */
@NullMarked
package dev.rollcall.discovery.examples;

import org.jspecify.annotations.NullMarked;
