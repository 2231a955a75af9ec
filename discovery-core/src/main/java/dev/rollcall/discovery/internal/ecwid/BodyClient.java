package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.UrlParameters;
import com.ecwid.consul.Utils;
import com.ecwid.consul.transport.HttpResponse;
import com.ecwid.consul.transport.TransportException;
import dev.rollcall.discovery.internal.AgentAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.http.Header;
import org.apache.http.HttpEntity;
import org.apache.http.client.HttpClient;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.util.EntityUtils;
import org.jspecify.annotations.Nullable;

/**
 * Asks as consul-api's raw client does, but leaves the content of a good answer as bytes: as text,
 * a long one takes five times its length and most of the time. Not thread-safe.
 */
final class BodyClient {

  private final String agent;
  private final HttpClient http;
  private Body last = Body.NONE;

  BodyClient(AgentAddress address, HttpClient http) {
    this.http = http;
    agent =
        Utils.assembleAgentAddress(
            address.scheme() + "://" + address.host(), address.port(), address.path());
  }

  /** Asks; the response has its content if its status is another than 200. */
  HttpResponse get(String path, List<UrlParameters> parameters) {
    String url = Utils.generateUrl(Utils.encodeUrl(agent + path), parameters);
    try {
      return http.execute(new HttpGet(url), this::response);
    } catch (IOException e) {
      throw new TransportException(e);
    }
  }

  /** The content of the last answer of status 200; the same object if it was the same. */
  Body last() {
    return last;
  }

  private HttpResponse response(org.apache.http.HttpResponse response) throws IOException {
    int status = response.getStatusLine().getStatusCode();
    HttpEntity entity = response.getEntity();
    String content = "";
    if (entity == null) {
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
