/**
 * Tests of the composed system, which know only what a user knows: scripts, command lines, images,
 * HTTP.
 */
@NullMarked
package dev.rollcall.system;

import org.jspecify.annotations.NullMarked;
