package dev.rollcall.lb.status;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a running lb-renderer says of itself; it may be of another version. Immutable.
 *
 * @param ready whether the last configuration is in use
 * @param readiness what {@code /readyz} answered
 * @param json what {@code /status} answered
 * @param document the same, read
 */
public record StatusReport(boolean ready, String readiness, String json, JsonObject document) {
  private static final int CONNECT_LIMIT_MILLIS = 3_000;
  private static final int READ_LIMIT_MILLIS = 10_000;
  private static final int LARGEST = 64 << 20;

  /**
   * Asks once; bounded in time and size.
   *
   * @param address where it listens; for one that listens on every address, loopback is asked
   * @throws IOException in one line, if nobody answers, or something that is no lb-renderer
   */
  public static StatusReport fetch(InetSocketAddress address) throws IOException {
    InetAddress host = address.getAddress();
    InetAddress asked = host.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : host;
    String name = asked.getHostAddress();
    String base =
        "http://" + (name.contains(":") ? "[" + name + "]" : name) + ":" + address.getPort();
    Answer ready = get(base + "/readyz");
    Answer status = get(base + "/status");
    if (status.code() != 200) {
      throw new IOException("/status answers " + status.code());
    }
    try {
      JsonObject document = JsonParser.parseString(status.body()).getAsJsonObject();
      if (!document.has("lastApply")) {
        throw new IOException("what answers there is no lb-renderer");
      }
      return new StatusReport(ready.code() == 200, ready.body().strip(), status.body(), document);
    } catch (JsonParseException | IllegalStateException e) {
      throw new IOException("what answers there is no lb-renderer", e);
    }
  }

  private record Answer(int code, String body) {}

  private static Answer get(String url) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) URI.create(url).toURL().openConnection(Proxy.NO_PROXY);
    connection.setConnectTimeout(CONNECT_LIMIT_MILLIS);
    connection.setReadTimeout(READ_LIMIT_MILLIS);
    connection.setInstanceFollowRedirects(false);
    try {
      int code = connection.getResponseCode();
      try (InputStream body =
          code < 400 ? connection.getInputStream() : connection.getErrorStream()) {
        byte[] bytes = body == null ? new byte[0] : body.readNBytes(LARGEST + 1);
        if (bytes.length > LARGEST) {
          throw new IOException("the answer is larger than 64 MiB");
        }
        return new Answer(code, new String(bytes, StandardCharsets.UTF_8));
      }
    } finally {
      connection.disconnect();
    }
  }

  /** For people: a few lines, and one for each instance. Nothing in it can steer a terminal. */
  public String summary() {
    Fields status = new Fields(document);
    Fields haproxy = status.object("haproxy");
    Fields apply = status.object("lastApply");
    List<String> lines = new ArrayList<>();
    lines.add(
        status.format("lb-renderer %s, ", "version")
            + (ready ? "ready" : "not ready: " + readiness));
    lines.add(
        haproxy.is("mode", "file-only")
            ? "HAProxy     none: the file alone is written"
            : haproxy.format("HAProxy     %s, ", "mode")
                + (haproxy.is("running", "true") ? "running" : "not running")
                + haproxy.format(
                    ", version %s, worker %s, up %s s, reloads %s, old workers %s",
                    "version", "workerPid", "uptimeSeconds", "reloads", "oldWorkers"));
    lines.add(status.object("template").format("template    %s, read %s", "name", "readAt"));
    lines.add(
        apply.json().isEmpty()
            ? "last apply  none yet"
            : apply.format("last apply  %s: %s (%s s, %s)", "kind", "reason", "seconds", "at"));
    lines.add(
        status.object("applies").json().entrySet().stream()
            .map(count -> count.getKey() + " " + plain(count.getValue()))
            .collect(Collectors.joining(", ", "applied     ", "")));
    status.list("services").forEach(service -> addService(new Fields(service), lines));
    haproxy
        .list("orders")
        .forEach(
            order ->
                lines.add(
                    new Fields(order)
                        .format("by hand     %s: %s, for %s s", "server", "order", "ageSeconds")));
    status
        .list("refusedServices")
        .forEach(
            each -> lines.add(new Fields(each).format("not served  %s: %s", "name", "reason")));
    status.list("problems").forEach(problem -> lines.add("problem     " + plain(problem)));
    return lines.stream()
        .map(line -> line.replaceAll("\\p{C}", "?") + "\n")
        .collect(Collectors.joining());
  }

  private static void addService(Fields service, List<String> lines) {
    List<JsonElement> instances = service.list("instances");
    int count = instances.size() + service.number("unlisted");
    lines.add(
        service.format("service     %s: ", "name")
            + count
            + (count == 1 ? " instance" : " instances")
            + (service.is("answered", "false")
                ? ", Consul has not answered for it"
                : service.format(", confirmed %s s ago", "ageSeconds") + source(service))
            + (service.is("stale", "true") ? ", may be out of date" : ""));
    for (JsonElement each : instances) {
      Fields instance = new Fields(each);
      lines.add(
          instance.format(
                  "  %-20s %s:%s weight %s on %s", "id", "address", "port", "weight", "node")
              + (instance.is("refused", "-") ? "" : instance.format(", left out: %s", "refused"))
              + (instance.is("ignored", "-") ? "" : instance.format(", ignored: %s", "ignored")));
    }
    Fields routing = service.object("routing");
    routing.list("routes").forEach(route -> lines.add("  route     " + plain(route)));
    routing
        .list("refused")
        .forEach(
            each -> lines.add(new Fields(each).format("  refused   %s: %s", "route", "reason")));
    service.list("unusable").forEach(each -> lines.add("  left out: " + plain(each)));
  }

  /** Another version may not say it. */
  private static String source(Fields service) {
    return service.is("backend", "-") ? "" : service.format(" (%s, %s)", "backend", "consistency");
  }

  private static String plain(JsonElement value) {
    if (value.isJsonPrimitive()) {
      return value.getAsString();
    }
    return value.isJsonNull() ? "-" : value.toString();
  }

  /** The fields of an object; what is not there, or of another kind, is {@code -} or empty. */
  private record Fields(JsonObject json) {
    Fields(JsonElement element) {
      this(element.isJsonObject() ? element.getAsJsonObject() : new JsonObject());
    }

    private JsonElement get(String name) {
      JsonElement found = json.get(name);
      return found == null ? JsonNull.INSTANCE : found;
    }

    Fields object(String name) {
      return new Fields(get(name));
    }

    List<JsonElement> list(String name) {
      JsonElement found = get(name);
      return found.isJsonArray() ? found.getAsJsonArray().asList() : List.of();
    }

    boolean is(String name, String value) {
      return plain(get(name)).equals(value);
    }

    int number(String name) {
      try {
        return Integer.parseInt(plain(get(name)));
      } catch (NumberFormatException e) {
        return 0;
      }
    }

    String format(String pattern, String... names) {
      Object[] values = Stream.of(names).map(name -> plain(get(name))).toArray();
      return String.format(Locale.ROOT, pattern, values);
    }
  }
}
