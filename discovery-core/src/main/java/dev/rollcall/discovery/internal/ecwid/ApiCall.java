package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.transport.HttpResponse;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.internal.api.Result;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.apache.http.conn.ConnectTimeoutException;
import org.jspecify.annotations.Nullable;

/** Makes a call by consul-api and turns whatever comes of it into an {@link Result}. */
final class ApiCall {

  private static final int LONGEST = 200;

  private ApiCall() {}

  /**
   * Makes the call.
   *
   * @param what names the call in failures
   * @param call may throw what it likes, and consul-api does
   * @param read reads the response of status 200; may throw on content of the wrong shape
   */
  static <T> Result<T> make(
      String what, Supplier<HttpResponse> call, Function<HttpResponse, T> read) {
    return make(what, call, response -> response.getStatusCode() == 200, read);
  }

  /**
   * Makes a call whose answers may have another status than 200.
   *
   * @param isAnswer whether a response is one to read, and no failure
   */
  static <T> Result<T> make(
      String what,
      Supplier<HttpResponse> call,
      Predicate<HttpResponse> isAnswer,
      Function<HttpResponse, T> read) {
    HttpResponse response;
    try {
      response = call.get();
    } catch (RuntimeException e) {
      return failed(what, e);
    }
    if (!isAnswer.test(response)) {
      String content = response.getContent();
      return Result.failed(
          kind(response.getStatusCode(), content == null ? "" : content),
          what + ": " + response.getStatusCode() + " " + line(content));
    }
    try {
      return new Result.Ok<>(read.apply(response));
    } catch (RuntimeException e) {
      return Result.failed(
          ConsulFailure.Kind.MALFORMED,
          what + ": not an answer of Consul's: " + line(e.getMessage()));
    }
  }

  private static <T> Result<T> failed(String what, RuntimeException e) {
    Throwable cause = e;
    while (cause.getCause() != null && cause.getCause() != cause) {
      if (cause instanceof LimitedEntity.TooLongException || cause instanceof SSLException) {
        break;
      }
      cause = cause.getCause();
    }
    boolean io = cause instanceof IOException || cause instanceof IllegalStateException;
    ConsulFailure.Kind kind =
        io && !(cause instanceof LimitedEntity.TooLongException)
            ? ConsulFailure.Kind.UNAVAILABLE
            : ConsulFailure.Kind.MALFORMED;
    String message =
        what + ": " + cause.getClass().getSimpleName() + " " + line(cause.getMessage());
    return isUnconnected(e) ? Result.unsent(kind, message) : Result.failed(kind, message);
  }

  /** Whether there was no connection; no request is ever sent a second time on another. */
  private static boolean isUnconnected(Throwable e) {
    for (Throwable each = e; each != null; each = each.getCause()) {
      if (each instanceof ConnectException
          || each instanceof NoRouteToHostException
          || each instanceof UnknownHostException
          || each instanceof ConnectTimeoutException) {
        return true;
      }
    }
    return false;
  }

  static ConsulFailure.Kind kind(int status, String content) {
    if (status == 404 || (status == 500 && isUnknown(content))) {
      return ConsulFailure.Kind.UNKNOWN;
    }
    if (status == 401 || status == 403) {
      return ConsulFailure.Kind.FORBIDDEN;
    }
    if (status == 500 && isWrongFilter(content)) {
      return ConsulFailure.Kind.REJECTED;
    }
    // What waited for too long may be refused with 408 by a proxy before Consul.
    if (status == 408 || status == 429 || status >= 500) {
      return ConsulFailure.Kind.UNAVAILABLE;
    }
    return status >= 400 ? ConsulFailure.Kind.REJECTED : ConsulFailure.Kind.MALFORMED;
  }

  /** Agents before 1.12 say 500 where later ones say 404. */
  private static boolean isUnknown(String content) {
    return content.contains("does not have associated TTL")
        || content.contains("Unknown check")
        || content.contains("Unknown service");
  }

  /**
   * What Consul says to an expression in its filter language that is wrong: 500 up to 1.14 at
   * least, with the first of these words where the servers read it, without them where the agent
   * does.
   */
  private static boolean isWrongFilter(String content) {
    return content.contains("Failed to create boolean expression evaluator")
        || content.startsWith("Selector \"")
        || content.startsWith("Failed to coerce value")
        || content.contains("no match found, expected:");
  }

  private static String line(@Nullable String text) {
    if (text == null) {
      return "";
    }
    String line = text.strip().replaceAll("\\p{Cntrl}+", " ");
    return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "...";
  }
}
