/** Rollcall on several machines that Docker Swarm joins, broken on purpose under a load. */
@NullMarked
package dev.rollcall.measure.swarm;

import org.jspecify.annotations.NullMarked;
