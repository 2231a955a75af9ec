package dev.rollcall.web;

import java.util.function.Predicate;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Decides which thread works on a request. An answer that never waits for anything is given by the
 * thread that has read the request, which spares two switches of threads: more than the work
 * itself. Everything else gets a thread of its own, so that it holds nobody up.
 */
final class ThreadHandler extends Handler.Wrapper {

  private final Predicate<Request> atOnce;

  /**
   * @param atOnce which requests are answered without waiting for anything, be it a file, another
   *     server or a client that reads slowly
   */
  ThreadHandler(Predicate<Request> atOnce) {
    this.atOnce = atOnce;
  }

  /** Lets Jetty call {@link #handle} on the thread that reads from all connections. */
  @Override
  public InvocationType getInvocationType() {
    return InvocationType.NON_BLOCKING;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    if (atOnce.test(request)) {
      return super.handle(request, response, callback);
    }
    request.getComponents().getExecutor().execute(() -> handOn(request, response, callback));
    return true;
  }

  private void handOn(Request request, Response response, Callback callback) {
    try {
      if (!super.handle(request, response, callback)) {
        Response.writeError(request, response, callback, HttpStatus.NOT_FOUND_404);
      }
    } catch (Throwable e) {
      Response.writeError(request, response, callback, e);
    }
  }
}
