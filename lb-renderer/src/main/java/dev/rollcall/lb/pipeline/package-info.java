/**
 * Moves data from station to station, one change at a time: catalog, template, applier, status
 * board.
 */
@NullMarked
package dev.rollcall.lb.pipeline;

import org.jspecify.annotations.NullMarked;
