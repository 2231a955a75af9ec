package dev.rollcall.discovery;

/**
 * Why a call to Consul did not succeed.
 *
 * @param kind what sort of failure, which decides what the library does about it
 * @param message one line for people; holds no token
 */
public record ConsulFailure(Kind kind, String message) {

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

  @Override
  public String toString() {
    return message;
  }
}
