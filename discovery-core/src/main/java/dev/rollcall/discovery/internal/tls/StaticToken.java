package dev.rollcall.discovery.internal.tls;

import java.util.Optional;
import java.util.function.Supplier;

/** A token that never changes. Never shows it. Immutable. */
public final class StaticToken implements Supplier<Optional<String>> {

  private final Optional<String> token;

  public StaticToken(String token) {
    this.token = Optional.of(token);
  }

  @Override
  public Optional<String> get() {
    return token;
  }

  @Override
  public String toString() {
    return "StaticToken";
  }
}
