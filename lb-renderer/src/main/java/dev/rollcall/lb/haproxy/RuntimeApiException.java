package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.haproxy.HaproxySocket.StalledReplyException;
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

  /** Whether a long reply stopped before its end, as with a defect of HAProxy's master. */
  boolean isStalledReply() {
    return getCause() instanceof StalledReplyException;
  }

  /** Never null. */
  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }
}
