package dev.rollcall.discovery;

/** A read of {@link Discovery#instances} got no usable answer. */
public final class ConsulException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final transient ConsulFailure failure;

  /**
   * An exception with that message.
   *
   * @param failure why
   */
  public ConsulException(ConsulFailure failure) {
    super(failure.message());
    this.failure = failure;
  }

  /**
   * Why there is no answer.
   *
   * @return the failure of the agent that was asked last
   */
  public ConsulFailure failure() {
    return failure;
  }
}
