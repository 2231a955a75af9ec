/** The command line: the commands, what their options mean, and how each ends. */
@NullMarked
package dev.rollcall.lb.cli;

import org.jspecify.annotations.NullMarked;
