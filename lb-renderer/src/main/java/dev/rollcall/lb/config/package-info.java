/**
 * The configuration as text, as parsed sections and lines, and as a file that is never half
 * written.
 */
@NullMarked
package dev.rollcall.lb.config;

import org.jspecify.annotations.NullMarked;
