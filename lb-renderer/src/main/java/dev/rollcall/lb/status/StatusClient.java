package dev.rollcall.lb.status;

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

/** Asks a running lb-renderer for its status, as {@link StatusPages} serve it. */
public final class StatusClient {
  private static final int CONNECT_LIMIT_MILLIS = 3_000;
  private static final int READ_LIMIT_MILLIS = 10_000;
  private static final int LARGEST = 64 << 20;

  private StatusClient() {}

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
}
