package dev.rollcall.lb.haproxy;

import java.util.Objects;

/**
 * HAProxy can never be used the way it was asked for: the binary is missing or cannot be run, or
 * the path of the socket is one that no socket can have. The message is one line and names the
 * path.
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
