package dev.rollcall.lb.haproxy;

import java.io.IOException;
import java.util.Objects;

/**
 * HAProxy's Runtime API could not be reached, did not answer in time, or gave an unexpected reply.
 * The message is one line.
 */
public final class RuntimeApiException extends IOException {

  private static final long serialVersionUID = 1L;

  /** One line. */
  public RuntimeApiException(String message) {
    super(message);
  }

  RuntimeApiException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Never null. */
  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }
}
