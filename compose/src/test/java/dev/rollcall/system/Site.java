package dev.rollcall.system;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Base64;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The published site, asked as a browser behind nothing but HAProxy would ask. Thread-safe. */
final class Site {
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final URI address;
  private final @Nullable String credentials;

  Site(URI address) {
    this(address, null);
  }

  /** One that asks for a name and a password, {@code name:password}. */
  Site(URI address, @Nullable String credentials) {
    this.address = address;
    this.credentials = credentials;
  }

  URI address() {
    return address;
  }

  /** The answer to one request for the page, plain text. */
  HttpResponse<String> get() throws IOException {
    return get("/", "text/plain");
  }

  HttpResponse<String> get(String path, String accept) throws IOException {
    return send(request(path).header("Accept", accept));
  }

  /** A request of the path on this site, for {@link #send}. */
  HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address.resolve(path)).timeout(Duration.ofSeconds(15));
    if (credentials != null) {
      String encoded = Base64.getEncoder().encodeToString(credentials.getBytes(UTF_8));
      request.header("Authorization", "Basic " + encoded);
    }
    return request;
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
    try {
      return client.send(request.build(), BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /**
   * The host names that answer {@code requests} requests; an answer other than 200 counts as its
   * status.
   */
  Set<String> names(int requests) {
    Set<String> names = new TreeSet<>();
    for (int i = 0; i < requests; i++) {
      try {
        HttpResponse<String> answer = get();
        names.add(
            answer.statusCode() == 200 ? answer.body().strip() : "HTTP " + answer.statusCode());
      } catch (IOException e) {
        names.add(e.toString());
      }
    }
    return names;
  }
}
