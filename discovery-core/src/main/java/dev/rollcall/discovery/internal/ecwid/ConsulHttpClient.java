package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.UrlParameters;
import com.ecwid.consul.Utils;
import com.ecwid.consul.transport.HttpResponse;
import com.ecwid.consul.transport.TransportException;
import dev.rollcall.discovery.internal.net.AgentAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.apache.http.Header;
import org.apache.http.HttpEntity;
import org.apache.http.client.config.RequestConfig;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.util.EntityUtils;
import org.jspecify.annotations.Nullable;

/**
 * Asks as consul-api's raw client does, but leaves the content of a good answer as bytes: as text,
 * a long one takes five times its length and most of the time. For one thread at a time, but it may
 * be closed by any.
 */
final class ConsulHttpClient {

  private final String agent;
  private final CloseableHttpClient http;
  private final boolean own;

  /** The bounds of a call that does not wait for a change. */
  private final RequestConfig call;

  private Body last = Body.NONE;
  private ConsulHeaders headers = ConsulHeaders.NONE;
  private @Nullable HttpGet asked;
  private boolean closed;

  private ConsulHttpClient(
      AgentAddress address, CloseableHttpClient http, RequestConfig call, boolean own) {
    this.http = http;
    this.call = call;
    this.own = own;
    agent = address.url();
  }

  /** One that is closed with its connection. */
  static ConsulHttpClient owning(
      AgentAddress address, CloseableHttpClient http, RequestConfig call) {
    return new ConsulHttpClient(address, http, call, true);
  }

  /** One of several over the same connections. */
  static ConsulHttpClient sharing(
      AgentAddress address, CloseableHttpClient http, RequestConfig call) {
    return new ConsulHttpClient(address, http, call, false);
  }

  /**
   * Asks; the response has its content if its status is another than 200.
   *
   * @param path of characters that stand in a URL for themselves
   */
  HttpResponse get(String path, List<UrlParameters> parameters) {
    String url = Utils.generateUrl(agent + path, parameters);
    Duration callBound = Duration.ofMillis(call.getSocketTimeout());
    return BoundedConnection.waits(url)
        ? get(new HttpGet(url))
        : Deadline.within(callBound, () -> get(called(url)));
  }

  private HttpGet called(String url) {
    HttpGet get = new HttpGet(url);
    get.setConfig(call);
    return get;
  }

  private HttpResponse get(HttpGet get) {
    try {
      return http.execute(begun(get), this::response);
    } catch (IOException e) {
      throw new TransportException(e);
    }
  }

  private synchronized HttpGet begun(HttpGet get) throws IOException {
    if (closed) {
      throw new IOException("the query was closed");
    }
    asked = get;
    return get;
  }

  /** The content of the last answer of status 200; the same object if it was the same. */
  Body last() {
    return last;
  }

  /** What the last answer says of itself. */
  ConsulHeaders headers() {
    return headers;
  }

  /** Ends a call under way, and makes later ones fail. Idempotent. */
  void close() {
    HttpGet last;
    synchronized (this) {
      closed = true;
      last = asked;
    }
    if (own) {
      HttpClientFactory.close(http);
    } else if (last != null) {
      last.abort();
    }
  }

  private HttpResponse response(org.apache.http.HttpResponse response) throws IOException {
    int status = response.getStatusLine().getStatusCode();
    HttpEntity entity = response.getEntity();
    headers = ConsulHeaders.of(response);
    String content = "";
    if (entity == null || entity.getContentLength() == 0) {
      last = Body.NONE;
    } else if (status == 200) {
      last = Body.read(entity.getContent(), last);
    } else {
      content = EntityUtils.toString(entity, StandardCharsets.UTF_8);
    }
    return new HttpResponse(
        status,
        response.getStatusLine().getReasonPhrase(),
        content,
        index(response.getFirstHeader("X-Consul-Index")),
        null,
        null);
  }

  private static @Nullable Long index(@Nullable Header header) {
    try {
      return header == null ? null : Long.parseUnsignedLong(header.getValue());
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
