package dev.rollcall.discovery.bench;

import dev.rollcall.discovery.ConsulOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** The Consul that {@code CONSUL_HTTP_ADDR} names, spoken with as any client does. */
public final class ConsulAtHand {

  private final HttpClient http = HttpClient.newHttpClient();
  private final URI address = ConsulOptions.fromEnvironment().address();

  /** Where it is. */
  public URI address() {
    return address;
  }

  /** The passing instances of a service in Consul's own words. */
  public String instancesOf(String service) {
    return send(request("/v1/health/service/" + service + "?passing").GET());
  }

  /** Writes a service of so many passing instances, each on a node of its own, into the catalog. */
  public void fill(String service, int instances) {
    for (int i = 0; i < instances; i++) {
      send(
          request("/v1/catalog/register")
              .PUT(HttpRequest.BodyPublishers.ofString(entry(service, i))));
    }
  }

  /** Takes out what {@link #fill} wrote. */
  public void empty(String service, int instances) {
    for (int i = 0; i < instances; i++) {
      String node = "{\"Node\":\"%s-%d\"}".formatted(service, i);
      send(request("/v1/catalog/deregister").PUT(HttpRequest.BodyPublishers.ofString(node)));
    }
  }

  private static String entry(String service, int i) {
    return """
        {"Node": "%1$s-%2$d", "Address": "10.%3$d.%4$d.%5$d",
         "Service": {"ID": "%1$s-%2$d-8080", "Service": "%1$s", "Port": 8080, "Tags": ["v1", "eu"],
                     "Meta": {"version": "1.0.%2$d", "zone": "a"}, "Weights": {"Passing": 10, "Warning": 1}},
         "Check": {"CheckID": "heartbeat", "Name": "heartbeat", "Status": "passing", "ServiceID": "%1$s-%2$d-8080"}}
        """
        .formatted(service, i, i >> 16 & 255, i >> 8 & 255, i & 255);
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(address.resolve(path)).timeout(Duration.ofSeconds(30));
  }

  private String send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> response =
          http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new IllegalStateException(response.uri() + ": " + response.body());
      }
      return response.body();
    } catch (IOException e) {
      throw new IllegalStateException("Consul at " + address + " does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
