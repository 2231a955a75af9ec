package dev.rollcall.lb.bench;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * What is measured, as lines on standard output: what it is of, the value and the kind, with tabs
 * between. Thread-safe.
 */
final class Samples {
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  void add(String kind, String what, double value) {
    out.printf("%s\t%.3f\t%s%n", what, value, kind);
  }
}
