package dev.rollcall.discovery.internal.api;

import dev.rollcall.discovery.ConsulFailure;

/**
 * What came of a call to Consul: a value, never an exception.
 *
 * @param <T> the value of a call that succeeded
 */
public sealed interface Result<T> {

  /** The call succeeded. */
  record Ok<T>(T value) implements Result<T> {}

  /**
   * The call did not succeed.
   *
   * @param mayHaveArrived whether the request may have got to Consul, and taken effect or do so yet
   */
  record Failed<T>(ConsulFailure failure, boolean mayHaveArrived) implements Result<T> {

    /** A call that may have arrived all the same. */
    public Failed(ConsulFailure failure) {
      this(failure, true);
    }
  }

  /** Whether there is no answer of an agent, where another agent could have given a better one. */
  default boolean isAgentFailure() {
    return this instanceof Failed<T> failed
        && (failed.failure().kind() == ConsulFailure.Kind.UNAVAILABLE
            || failed.failure().kind() == ConsulFailure.Kind.MALFORMED);
  }

  /** The answer of a call that has nothing to tell but that it succeeded. */
  static Result<Done> done() {
    return new Ok<>(Done.DONE);
  }

  /** An answer of a failed call. */
  static <T> Result<T> failed(ConsulFailure.Kind kind, String message) {
    return new Failed<>(new ConsulFailure(kind, message));
  }

  /** An answer of a call of which nothing was sent. */
  static <T> Result<T> unsent(ConsulFailure.Kind kind, String message) {
    return new Failed<>(new ConsulFailure(kind, message), false);
  }

  /** Nothing more to tell. */
  enum Done {
    /** It succeeded. */
    DONE
  }
}
