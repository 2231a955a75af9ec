package dev.rollcall.measure.faults;

/**
 * Drawing by a seed: the same on every machine and for ever, which {@code java.util.Random} need
 * not be. Not thread-safe.
 */
final class SeededDraw {
  private static final long MASK = 0x7fffffffL;

  private long state;

  /** The same seed gives the same draws. */
  SeededDraw(long seed) {
    state = seed & MASK;
    for (int i = 0; i < 16; i++) {
      next(1); // seeds that lie side by side begin alike
    }
  }

  /** One of 0 … bound-1. */
  int next(int bound) {
    state = state * 1_103_515_245L + 12_345 & MASK; // the generator of the C standard's example
    return (int) ((state >> 16) % bound);
  }
}
