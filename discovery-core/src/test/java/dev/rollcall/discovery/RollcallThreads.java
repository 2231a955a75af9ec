package dev.rollcall.discovery;

import java.util.List;

/** The library's threads that are alive in this process. */
final class RollcallThreads {

  private RollcallThreads() {}

  static List<Thread> named(String prefix) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(prefix))
        .toList();
  }
}
