/** What the parts cost and how fast they are: benchmarks, and their figures as tables and plots. */
@NullMarked
package dev.rollcall.measure.bench;

import org.jspecify.annotations.NullMarked;
