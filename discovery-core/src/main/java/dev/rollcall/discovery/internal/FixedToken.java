package dev.rollcall.discovery.internal;

import java.util.Optional;
import java.util.function.Supplier;

/** A token that never changes. Never shows it. Immutable. */
final class FixedToken implements Supplier<Optional<String>> {

  private final Optional<String> token;

  FixedToken(String token) {
    this.token = Optional.of(token);
  }

  @Override
  public Optional<String> get() {
    return token;
  }

  @Override
  public String toString() {
    return "FixedToken";
  }
}
