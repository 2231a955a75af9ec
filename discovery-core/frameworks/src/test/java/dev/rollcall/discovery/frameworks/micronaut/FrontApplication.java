package dev.rollcall.discovery.frameworks.micronaut;

import io.micronaut.runtime.Micronaut;

/** Starts the application. */
public final class FrontApplication {

  private FrontApplication() {}

  /**
   * Starts it.
   *
   * @param arguments Micronaut's
   */
  public static void main(String[] arguments) {
    Micronaut.run(FrontApplication.class, arguments);
  }
}
