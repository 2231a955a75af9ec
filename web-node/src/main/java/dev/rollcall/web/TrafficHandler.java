package dev.rollcall.web;

import dev.rollcall.discovery.RequestTracker;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Tells {@link RequestTracker} when a request begins and when its exchange has ended, whether it
 * was answered, failed or was given up by the client. It stands before everything else in the
 * server, because a filter within the application sees neither the writing of the answer nor what
 * breaks outside of it. Health checks are not traffic: they go on for as long as the node listens.
 */
final class TrafficHandler extends Handler.Wrapper {

  private final RequestTracker traffic;

  TrafficHandler(RequestTracker traffic) {
    this.traffic = traffic;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    if (!Request.getPathInContext(request).equals(NodeServer.HEALTH)) {
      traffic.requestStarted();
      Request.addCompletionListener(request, failure -> traffic.requestFinished());
    }
    return super.handle(request, response, callback);
  }
}
