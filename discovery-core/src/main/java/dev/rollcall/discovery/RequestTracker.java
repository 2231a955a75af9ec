package dev.rollcall.discovery;

import dev.rollcall.discovery.internal.concurrent.Clock;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Counts the requests that a server is serving, so that {@link LeaveOnTerminate} knows when the
 * load balancers have stopped sending any.
 *
 * <p>A filter of the server calls {@link #requestStarted()} and, whatever happens, {@link
 * #requestFinished()}. Count the requests of users only: a health check or a metrics scrape that
 * never ceases would make the server look busy for ever.
 *
 * <p>This type is thread-safe.
 */
public final class RequestTracker {

  private final LongSupplier nanoTime;
  private int inFlight;
  private long lastSeen;

  /** No request yet; quiet from now on. */
  public RequestTracker() {
    this(Clock.system()::nanoTime);
  }

  RequestTracker(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    lastSeen = nanoTime.getAsLong();
  }

  /**
   * Serves one request.
   *
   * @param <E> what serving it may throw
   */
  @FunctionalInterface
  public interface Request<E extends Exception> {

    /**
     * Serves it; returns when the response is sent.
     *
     * @throws E if it could not be served
     */
    void serve() throws E;
  }

  /**
   * Serves a request on the calling thread, and counts it until that returns or throws. Where the
   * response is sent later, by another thread, call {@link #requestStarted()} and {@link
   * #requestFinished()} instead.
   *
   * @param request serves it
   * @param <E> what serving it may throw
   * @throws E what {@code request} throws
   */
  public <E extends Exception> void track(Request<E> request) throws E {
    requestStarted();
    try {
      request.serve();
    } finally {
      requestFinished();
    }
  }

  /** A request has come in. */
  public synchronized void requestStarted() {
    inFlight++;
    lastSeen = nanoTime.getAsLong();
  }

  /**
   * A request has been served, well or not.
   *
   * @throws IllegalStateException if more requests ended than began
   */
  public synchronized void requestFinished() {
    if (inFlight == 0) {
      throw new IllegalStateException("more requests ended than began");
    }
    inFlight--;
    lastSeen = nanoTime.getAsLong();
  }

  /**
   * How many requests are being served.
   *
   * @return zero or more
   */
  public synchronized int inFlight() {
    return inFlight;
  }

  /**
   * How long nothing has begun, ended or been served.
   *
   * @return zero while a request is being served
   */
  public synchronized Duration quietFor() {
    return inFlight > 0 ? Duration.ZERO : Duration.ofNanos(nanoTime.getAsLong() - lastSeen);
  }
}
