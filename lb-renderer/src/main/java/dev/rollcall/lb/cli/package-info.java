/**
 * The command line: what it means, and the three ways to run: once, as a rehearsal, or until told
 * to stop.
 */
@NullMarked
package dev.rollcall.lb.cli;

import org.jspecify.annotations.NullMarked;
