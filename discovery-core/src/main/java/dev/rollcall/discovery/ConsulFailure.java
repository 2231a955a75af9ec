package dev.rollcall.discovery;

import java.time.Duration;

/**
 * Why a call to Consul did not succeed.
 *
 * @param kind what sort of failure, which decides what the library does about it
 * @param message one line for people; holds no token
 * @param retryAfter how long Consul, or a proxy before it, asks to wait before the next try ({@code
 *     Retry-After} of a 429 or 503); zero if it does not say. The library waits so long, but never
 *     so long that a heartbeat would come too late, and a watch at most a minute
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#field.retry-after">RFC 9110, 10.2.3</a>
 */
public record ConsulFailure(Kind kind, String message, Duration retryAfter) {

  /** The sorts of failure. */
  public enum Kind {
    /** No connection, no answer in time, no leader, too many requests (429), or a server error. */
    UNAVAILABLE,
    /** Consul refused the token (401, 403). The token is read anew at each try. */
    FORBIDDEN,
    /** The agent does not know the service or check (404). */
    UNKNOWN,
    /** Consul refused the request as wrong (another 4xx, or 500 for a wrong filter). */
    REJECTED,
    /** The answer was not Consul's: no JSON, too large, or of another shape. */
    MALFORMED
  }

  /**
   * A failure that does not say when to try again.
   *
   * @param kind what sort of failure
   * @param message one line for people
   */
  public ConsulFailure(Kind kind, String message) {
    this(kind, message, Duration.ZERO);
  }

  @Override
  public String toString() {
    return message;
  }
}
