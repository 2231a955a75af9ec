package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.internal.api.BlockingQueryTimeout;
import dev.rollcall.discovery.internal.concurrent.SystemClock;
import dev.rollcall.discovery.internal.tls.ReloadingSslContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.apache.http.HttpEntity;
import org.apache.http.HttpException;
import org.apache.http.HttpRequest;
import org.apache.http.HttpRequestInterceptor;
import org.apache.http.HttpResponse;
import org.apache.http.HttpResponseInterceptor;
import org.apache.http.client.config.RequestConfig;
import org.apache.http.config.Registry;
import org.apache.http.config.RegistryBuilder;
import org.apache.http.conn.HttpConnectionFactory;
import org.apache.http.conn.ManagedHttpClientConnection;
import org.apache.http.conn.routing.HttpRoute;
import org.apache.http.conn.socket.ConnectionSocketFactory;
import org.apache.http.entity.HttpEntityWrapper;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClientBuilder;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.impl.conn.PoolingHttpClientConnectionManager;
import org.apache.http.protocol.HttpContext;
import org.apache.http.util.EntityUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the HTTP clients that consul-api speaks through. Its own can't be closed or bounded. */
final class HttpClientFactory {

  private static final Logger log = LoggerFactory.getLogger(HttpClientFactory.class);

  /** So that what was rotated, in files and in name servers, is in use some time. */
  private static final int LONGEST_LIFE_MINUTES = 10;

  private HttpClientFactory() {}

  /** The bounds of each step of a call that does not wait for a change. */
  static RequestConfig callBounds(ConsulOptions options) {
    return bounds(options, options.callTimeout());
  }

  private static RequestConfig bounds(ConsulOptions options, Duration silence) {
    int connect = Math.toIntExact(options.connectTimeout().toMillis());
    return RequestConfig.custom()
        .setConnectTimeout(connect)
        .setConnectionRequestTimeout(connect)
        .setSocketTimeout(Math.toIntExact(silence.toMillis()))
        .build();
  }

  /** A client for one blocking query, and what is asked on the way. */
  static CloseableHttpClient forPolling(ConsulOptions options, ReloadingSslContext tls) {
    Duration silence = BlockingQueryTimeout.of(options.waitTime());
    Duration total = silence.plus(options.callTimeout());
    return client(options, tls, 1, silence, total).build();
  }

  /** A client for calls that don't block. */
  static CloseableHttpClient forCalls(
      ConsulOptions options, ReloadingSslContext tls, int connections) {
    Duration total = options.callTimeout();
    return client(options, tls, connections, total, total).build();
  }

  /**
   * A client whose every step is bounded: lease, connect, silence, and the length of an answer and
   * the time that it takes.
   */
  private static HttpClientBuilder client(
      ConsulOptions options,
      ReloadingSslContext tls,
      int connections,
      Duration silence,
      Duration total) {
    AgentDnsResolver lookup = new AgentDnsResolver(SystemClock.SYSTEM);
    PoolingHttpClientConnectionManager pool =
        new PoolingHttpClientConnectionManager(
            sockets(tls, lookup),
            connections(total, options.callTimeout()),
            null,
            lookup,
            LONGEST_LIFE_MINUTES,
            TimeUnit.MINUTES);
    pool.setMaxTotal(connections);
    pool.setDefaultMaxPerRoute(connections);
    return HttpClients.custom()
        .setConnectionManager(pool)
        .setDefaultRequestConfig(bounds(options, silence))
        // A hidden second try would hold up closing, and heartbeats have their own rhythm.
        .disableAutomaticRetries()
        .disableCookieManagement()
        .disableAuthCaching()
        .disableRedirectHandling()
        // The limit on an answer's length holds for what is held in memory.
        .disableContentCompression()
        .addInterceptorFirst(new Token(options))
        .addInterceptorLast(limit(options.answerLimit()));
  }

  private static Registry<ConnectionSocketFactory> sockets(
      ReloadingSslContext tls, AgentDnsResolver lookup) {
    return RegistryBuilder.<ConnectionSocketFactory>create()
        .register("http", lookup.told(new PlainSockets()))
        .register("https", lookup.told(new TlsSockets(tls)))
        .build();
  }

  private static HttpConnectionFactory<HttpRoute, ManagedHttpClientConnection> connections(
      Duration longest, Duration call) {
    return (route, config) -> new BoundedConnection(longest, call, SystemClock.SYSTEM);
  }

  private static HttpResponseInterceptor limit(int bytes) {
    return (HttpResponse response, HttpContext context) -> {
      HttpEntity body = response.getEntity();
      if (body != null && body.getContentLength() == 0) {
        // Answers to heartbeats: to find no text in them takes ten kilobytes each.
        EntityUtils.consume(body);
        response.setEntity(new NoContent(body));
      } else if (body != null) {
        response.setEntity(new LimitedEntity(body, bytes));
      }
    };
  }

  /** A body of no length, which none tries to read. */
  private static final class NoContent extends HttpEntityWrapper {

    NoContent(HttpEntity body) {
      super(body);
    }

    @Override
    @SuppressWarnings("NullAway") // Apache's own readers take it for no content.
    public @Nullable InputStream getContent() {
      return null;
    }

    @Override
    public boolean isStreaming() {
      return false;
    }
  }

  /** Ends every call under way and every connection. */
  static void close(CloseableHttpClient client) {
    try {
      client.close();
    } catch (IOException e) {
      log.debug("Closing the connections to Consul: {}", e.toString());
    }
  }

  /**
   * Puts the token into a header, as consul-api's own way puts it into the URL, and asks for it
   * each time, so that it can be rotated.
   */
  private record Token(ConsulOptions options) implements HttpRequestInterceptor {
    @Override
    public void process(HttpRequest request, HttpContext context)
        throws HttpException, IOException {
      // For a proxy before Consul, which takes it away or passes it on.
      options
          .basicAuth()
          .map(auth -> Base64.getEncoder().encodeToString(auth.getBytes(StandardCharsets.UTF_8)))
          .ifPresent(auth -> request.setHeader("Authorization", "Basic " + auth));
      try {
        options.token().get().ifPresent(token -> request.setHeader("X-Consul-Token", token));
      } catch (UncheckedIOException e) {
        // The deepest cause is what gets reported: let it be this line.
        throw new IOException(e.getMessage());
      }
    }
  }
}
