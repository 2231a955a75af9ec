/** What {@code compose/up} does to a system that serves: a program of one file, and its test. */
@NullMarked
package dev.rollcall.rollout;

import org.jspecify.annotations.NullMarked;
