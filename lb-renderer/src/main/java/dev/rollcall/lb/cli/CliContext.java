package dev.rollcall.lb.cli;

import java.io.PrintStream;
import java.util.Map;

/**
 * What a command works in.
 *
 * @param environment the variables
 * @param out where results go
 */
record CliContext(Map<String, String> environment, PrintStream out) {}
