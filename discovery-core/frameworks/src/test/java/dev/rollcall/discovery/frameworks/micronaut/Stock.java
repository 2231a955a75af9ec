package dev.rollcall.discovery.frameworks.micronaut;

import jakarta.inject.Singleton;

/** What the application's health depends on. */
@Singleton
class Stock {

  private volatile boolean readable = true;

  boolean isReadable() {
    return readable;
  }

  void readable(boolean is) {
    readable = is;
  }
}
