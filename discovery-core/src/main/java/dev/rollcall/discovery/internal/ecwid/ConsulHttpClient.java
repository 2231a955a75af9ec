package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.UrlParameters;
import com.ecwid.consul.Utils;
import com.ecwid.consul.transport.DefaultHttpTransport;
import com.ecwid.consul.transport.HttpTransport;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.net.AgentAddress;
import dev.rollcall.discovery.internal.tls.ReloadingSslContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.http.HttpEntity;
import org.apache.http.HttpHost;
import org.apache.http.HttpRequest;
import org.apache.http.client.config.RequestConfig;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpRequestBase;
import org.apache.http.client.protocol.HttpClientContext;
import org.apache.http.config.MessageConstraints;
import org.apache.http.config.RegistryBuilder;
import org.apache.http.conn.ClientConnectionManager;
import org.apache.http.conn.socket.ConnectionSocketFactory;
import org.apache.http.conn.socket.PlainConnectionSocketFactory;
import org.apache.http.conn.ssl.DefaultHostnameVerifier;
import org.apache.http.conn.ssl.NoopHostnameVerifier;
import org.apache.http.conn.ssl.SSLConnectionSocketFactory;
import org.apache.http.conn.util.PublicSuffixMatcher;
import org.apache.http.entity.ByteArrayEntity;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.impl.conn.DefaultManagedHttpClientConnection;
import org.apache.http.impl.conn.PoolingHttpClientConnectionManager;
import org.apache.http.params.HttpParams;
import org.apache.http.protocol.HttpContext;
import org.apache.http.protocol.HttpCoreContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All requests to one agent go this way: through consul-api's transport, over a pool of
 * connections. Its raw client makes a second pool, with the JVM's certificates and all the domains
 * that cookies know, which nobody uses. Each request is bounded as a whole, from the lease of a
 * connection to the last byte of the answer, and so is the length of the answer. No request is sent
 * twice. Thread-safe.
 */
final class ConsulHttpClient implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ConsulHttpClient.class);

  /** So that certificates and name servers' records that have changed are in use some time. */
  private static final int CONNECTION_MINUTES = 10;

  private static final int BUFFER = 8 * 1024;
  private static final MessageConstraints HEADERS =
      MessageConstraints.custom().setMaxHeaderCount(200).setMaxLineLength(16 * 1024).build();

  private final AgentAddress address;
  private final ConsulOptions options;
  private final ScheduledExecutorService timer;
  private final AgentDnsResolver resolver = new AgentDnsResolver(Clock.system());
  private final CloseableHttpClient http;

  /**
   * A client without a connection.
   *
   * @param connections how many connections it opens at most
   * @param timer ends the requests that take too long; never blocked for long
   */
  ConsulHttpClient(
      AgentAddress address,
      ConsulOptions options,
      ReloadingSslContext tls,
      int connections,
      ScheduledExecutorService timer) {
    this.address = address;
    this.options = options;
    this.timer = timer;
    PoolingHttpClientConnectionManager pool =
        new PoolingHttpClientConnectionManager(
            RegistryBuilder.<ConnectionSocketFactory>create()
                .register(
                    "http",
                    address
                        .socket()
                        .<ConnectionSocketFactory>map(UnixSocket.Factory::new)
                        .orElse(PlainConnectionSocketFactory.INSTANCE))
                .register("https", new TlsSocketFactory(tls))
                .build(),
            (route, config) -> new Connection(),
            null,
            resolver,
            CONNECTION_MINUTES,
            TimeUnit.MINUTES);
    pool.setMaxTotal(connections);
    pool.setDefaultMaxPerRoute(connections);
    http =
        HttpClients.custom()
            .setConnectionManager(pool)
            // A hidden second try would hold up closing, and heartbeats have their own interval.
            .disableAutomaticRetries()
            .disableCookieManagement()
            .disableAuthCaching()
            .disableRedirectHandling()
            // The limit on an answer's length holds for what is held in memory.
            .disableContentCompression()
            // For cookies alone, and the default one takes 3 MB.
            .setPublicSuffixMatcher(new PublicSuffixMatcher(List.of(), List.of()))
            .addInterceptorFirst((HttpRequest request, HttpContext context) -> authorize(request))
            .build();
  }

  /**
   * Says in headers for whom a request is, and puts the token into one, as consul-api's own way
   * puts it into the URL, and asks for it each time, so that it can be rotated.
   */
  private void authorize(HttpRequest request) throws IOException {
    // For a proxy before Consul, which takes it away or passes it on.
    options
        .basicAuth()
        .map(auth -> Base64.getEncoder().encodeToString(auth.getBytes(StandardCharsets.UTF_8)))
        .ifPresent(auth -> request.setHeader("Authorization", "Basic " + auth));
    options.namespace().ifPresent(name -> request.setHeader("X-Consul-Namespace", name));
    options.partition().ifPresent(name -> request.setHeader("X-Consul-Partition", name));
    try {
      options.token().get().ifPresent(token -> request.setHeader("X-Consul-Token", token));
    } catch (UncheckedIOException e) {
      // The deepest cause is what gets reported: let it be this line.
      throw new IOException(e.getMessage());
    }
  }

  /**
   * Makes ready for one request.
   *
   * @param silence how long the agent may send nothing
   * @param bound how long the request may take in all
   */
  Exchange exchange(Duration silence, Duration bound) {
    return new Exchange(silence, bound);
  }

  /** Ends every request under way and every connection. */
  @Override
  public void close() {
    try {
      http.close();
    } catch (IOException e) {
      log.debug("Closing the connections to Consul: {}", e.toString());
    }
  }

  /**
   * One request and its answer. For one thread, but any may abort it. It is the HTTP client that
   * consul-api sees: consul-api reads content as text only, which takes five times the length of a
   * long answer and most of the time, so the content is taken out before.
   */
  final class Exchange extends CloseableHttpClient {
    private final Duration silence;
    private final Duration bound;
    private final HttpClientContext context = HttpClientContext.create();
    private byte[] content = {};
    private @Nullable HttpRequestBase request;
    private boolean timedOut;
    private boolean aborted;

    Exchange(Duration silence, Duration bound) {
      this.silence = silence;
      this.bound = bound;
    }

    ConsulResponse get(String path, List<UrlParameters> parameters) {
      return answer(transport -> transport.makeGetRequest(request(path, parameters).build()));
    }

    ConsulResponse put(String path, String body, UrlParameters... parameters) {
      return answer(
          transport ->
              transport.makePutRequest(
                  request(path, List.of(parameters)).setContent(body).build()));
    }

    /** As consul-api's raw client makes it. */
    private com.ecwid.consul.transport.HttpRequest.Builder request(
        String path, List<UrlParameters> parameters) {
      String host = address.scheme() + "://" + address.host();
      String url = Utils.assembleAgentAddress(host, address.port(), address.path()) + path;
      return com.ecwid.consul.transport.HttpRequest.Builder.newBuilder()
          .setUrl(Utils.generateUrl(url.contains(" ") ? Utils.encodeUrl(url) : url, parameters));
    }

    private ConsulResponse answer(
        Function<HttpTransport, com.ecwid.consul.transport.HttpResponse> call) {
      try {
        var response = call.apply(new DefaultHttpTransport(this));
        return ConsulResponse.of(response, context.getResponse(), content);
      } catch (RuntimeException e) {
        boolean sent = context.getAttribute(HttpCoreContext.HTTP_REQ_SENT) != null;
        if (!sent) {
          resolver.connectFailed();
        }
        return ConsulResponse.failed(e, sent);
      }
    }

    /** Ends the request; one that has not begun fails. Idempotent. */
    void abort() {
      HttpRequestBase begun;
      synchronized (this) {
        aborted = true;
        begun = request;
      }
      if (begun != null) {
        begun.abort();
      }
    }

    private synchronized void begin(HttpRequestBase begun) throws IOException {
      if (aborted) {
        throw new IOException("the query was closed");
      }
      request = begun;
    }

    private void timeOut(HttpRequestBase late) {
      synchronized (this) {
        timedOut = true;
      }
      late.abort();
    }

    private synchronized boolean isTimedOut() {
      return timedOut;
    }

    @Override
    protected CloseableHttpResponse doExecute(
        HttpHost target, HttpRequest made, @Nullable HttpContext none) throws IOException {
      HttpRequestBase call = (HttpRequestBase) made;
      long left = Math.max(1, bound.toMillis());
      int connect = (int) Math.min(left, options.connectTimeout().toMillis());
      call.setConfig(
          RequestConfig.custom()
              .setConnectionRequestTimeout(connect)
              .setConnectTimeout(connect)
              .setSocketTimeout((int) Math.min(left, silence.toMillis()))
              .build());
      begin(call);
      Future<?> timeOut = timer.schedule(() -> timeOut(call), left, TimeUnit.MILLISECONDS);
      try (CloseableHttpResponse response = http.execute(target, call, context)) {
        content = read(response.getEntity());
        response.setEntity(NO_CONTENT);
        return response;
      } catch (IOException e) {
        if (isTimedOut()) {
          throw new SocketTimeoutException("the call was not over within " + left + " ms");
        }
        throw e;
      } finally {
        timeOut.cancel(false);
      }
    }

    private byte[] read(@Nullable HttpEntity entity) throws IOException {
      if (entity == null) {
        return new byte[0];
      }
      int limit = options.answerLimit();
      try (InputStream in = entity.getContent()) {
        byte[] read = entity.getContentLength() > limit ? new byte[0] : in.readNBytes(limit + 1);
        if (read.length > limit || entity.getContentLength() > limit) {
          throw new ConsulResponse.TooLongException(limit);
        }
        return read;
      }
    }

    @Override
    public void close() {
      abort();
    }

    @Override
    @Deprecated
    public HttpParams getParams() {
      throw new UnsupportedOperationException();
    }

    @Override
    @Deprecated
    public ClientConnectionManager getConnectionManager() {
      throw new UnsupportedOperationException();
    }
  }

  /** Content that consul-api does not try to read: to find no text takes it ten kilobytes. */
  private static final HttpEntity NO_CONTENT =
      new ByteArrayEntity(new byte[0]) {
        @Override
        @SuppressWarnings("NullAway") // Apache's own readers take it for no content.
        public @Nullable InputStream getContent() {
          return null;
        }
      };

  /**
   * Unlike Apache's own connections it logs nothing, as those write every header, the token too, to
   * the log at level debug.
   */
  private static final class Connection extends DefaultManagedHttpClientConnection {

    Connection() {
      super("consul", BUFFER, BUFFER, null, null, HEADERS, null, null, null, null);
    }

    /** A connection from an address that this machine has no longer gets no answer ever. */
    @Override
    public boolean isStale() {
      return !hasLocalAddress() || super.isStale();
    }

    private boolean hasLocalAddress() {
      InetAddress from = getLocalAddress();
      try {
        return from == null
            || from.isLoopbackAddress()
            || NetworkInterface.getByInetAddress(from) != null;
      } catch (SocketException e) {
        return true;
      }
    }
  }

  /**
   * Connects with the certificates and keys of the moment, and the server's name of the options.
   */
  private record TlsSocketFactory(ReloadingSslContext tls) implements ConnectionSocketFactory {

    @Override
    public Socket createSocket(HttpContext context) {
      return new Socket();
    }

    @Override
    public Socket connectSocket(
        int timeout,
        Socket socket,
        HttpHost host,
        InetSocketAddress remote,
        @Nullable InetSocketAddress local,
        HttpContext context)
        throws IOException {
      String name = tls.serverName().orElse(host.getHostName());
      return new SSLConnectionSocketFactory(
              tls.context(),
              tls.verify() ? new DefaultHostnameVerifier() : NoopHostnameVerifier.INSTANCE)
          .connectSocket(
              timeout,
              socket,
              new HttpHost(name, host.getPort(), host.getSchemeName()),
              remote,
              local,
              context);
    }
  }
}
