package dev.rollcall.measure;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;

/**
 * Single requests, each over a connection of its own: a kept one would lead to a HAProxy that a
 * reload has replaced, or to the node that answered last. Thread-safe.
 *
 * @param client without HTTP/2
 * @param limit until an answer must be there
 */
public record HttpProbe(HttpClient client, Duration limit) {

  /** One without TLS of its own. */
  public static HttpProbe within(Duration limit) {
    return new HttpProbe(
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(limit).build(),
        limit);
  }

  /** Empty without an answer in time. */
  public Optional<HttpResponse<String>> send(HttpRequest.Builder request) {
    try {
      return Optional.of(
          client.send(
              request.timeout(limit).header("Connection", "close").build(),
              BodyHandlers.ofString()));
    } catch (IOException noAnswer) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** The body of an answer with status 200. */
  public Optional<String> body(String address) {
    return send(HttpRequest.newBuilder(URI.create(address)))
        .filter(answer -> answer.statusCode() == 200)
        .map(HttpResponse::body);
  }
}
