package dev.rollcall.lb.haproxy;

import java.util.Objects;

/**
 * HAProxy cannot be used as configured: the binary is missing or not executable, or there can be no
 * socket at the path. The message is one line and names the path.
 */
public final class HaproxyUnavailableException extends Exception {

  private static final long serialVersionUID = 1L;

  /** One line: what is wrong with which path, and what to do. */
  public HaproxyUnavailableException(String message) {
    super(message);
  }

  /** Never null. */
  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }
}
