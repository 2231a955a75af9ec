package dev.rollcall.lb.bench;

import dev.rollcall.discovery.ConsulOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The Consul of this run, whose catalog is filled without agents. */
final class Registry {
  private static final int AT_ONCE = 8;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI address = ConsulOptions.fromEnvironment().address();

  URI address() {
    return address;
  }

  /** {@code host:port}. */
  String authority() {
    return address.getAuthority();
  }

  String host() {
    return address.getHost();
  }

  /** Adds instances to a service, each on a node of its own and passing, from one to another. */
  void fill(String service, int from, int to) throws IOException {
    fill(service, from, to, "{}");
  }

  /** The same with metadata, a JSON object. */
  void fill(String service, int from, int to, String metadata) throws IOException {
    List<CompletableFuture<HttpResponse<String>>> under = new ArrayList<>();
    for (int i = from; i < to; i++) {
      under.add(put("/v1/catalog/register", entry(service, i, metadata)));
      if (under.size() == AT_ONCE || i == to - 1) {
        expect(under);
        under.clear();
      }
    }
  }

  /** Takes those out again. */
  void empty(String service, int from, int to) throws IOException {
    List<CompletableFuture<HttpResponse<String>>> under = new ArrayList<>();
    for (int i = from; i < to; i++) {
      under.add(put("/v1/catalog/deregister", "{\"Node\": \"%s-%d\"}".formatted(service, i)));
      if (under.size() == AT_ONCE || i == to - 1) {
        expect(under);
        under.clear();
      }
    }
  }

  private static void expect(List<CompletableFuture<HttpResponse<String>>> under)
      throws IOException {
    for (CompletableFuture<HttpResponse<String>> one : under) {
      HttpResponse<String> response = one.join();
      if (response.statusCode() != 200) {
        throw new IOException(response.uri() + ": " + response.body());
      }
    }
  }

  private CompletableFuture<HttpResponse<String>> put(String path, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(address.resolve(path))
            .timeout(Duration.ofSeconds(30))
            .PUT(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
  }

  private static String entry(String service, int i, String metadata) {
    return """
        {"Node": "%1$s-%2$d", "Address": "%3$s",
         "Service": {"ID": "%1$s-%2$d", "Service": "%1$s", "Address": "%3$s", "Port": %4$d,
                     "Weights": {"Passing": 1, "Warning": 1}, "Meta": %5$s},
         "Check": {"CheckID": "beat-%1$s-%2$d", "Name": "heartbeat", "Status": "passing",
                   "ServiceID": "%1$s-%2$d"}}
        """
        .formatted(service, i, Nodes.ADDRESS, Nodes.FIRST_PORT + i, metadata);
  }
}
