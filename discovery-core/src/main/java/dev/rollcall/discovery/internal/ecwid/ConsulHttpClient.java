package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.UrlParameters;
import com.ecwid.consul.Utils;
import com.ecwid.consul.transport.DefaultHttpTransport;
import com.ecwid.consul.transport.HttpTransport;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.net.AgentAddress;
import dev.rollcall.discovery.internal.tls.ReloadingSslContext;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.http.Header;
import org.apache.http.HttpClientConnection;
import org.apache.http.HttpEntity;
import org.apache.http.HttpEntityEnclosingRequest;
import org.apache.http.HttpException;
import org.apache.http.HttpHost;
import org.apache.http.HttpRequest;
import org.apache.http.HttpResponse;
import org.apache.http.HttpStatus;
import org.apache.http.HttpVersion;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpUriRequest;
import org.apache.http.config.MessageConstraints;
import org.apache.http.config.RegistryBuilder;
import org.apache.http.conn.ClientConnectionManager;
import org.apache.http.conn.ConnectionRequest;
import org.apache.http.conn.routing.HttpRoute;
import org.apache.http.conn.socket.ConnectionSocketFactory;
import org.apache.http.conn.socket.PlainConnectionSocketFactory;
import org.apache.http.conn.ssl.DefaultHostnameVerifier;
import org.apache.http.conn.ssl.NoopHostnameVerifier;
import org.apache.http.conn.ssl.SSLConnectionSocketFactory;
import org.apache.http.entity.ByteArrayEntity;
import org.apache.http.impl.DefaultConnectionReuseStrategy;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.DefaultConnectionKeepAliveStrategy;
import org.apache.http.impl.conn.DefaultManagedHttpClientConnection;
import org.apache.http.impl.conn.PoolingHttpClientConnectionManager;
import org.apache.http.message.BasicHeader;
import org.apache.http.message.BasicHttpEntityEnclosingRequest;
import org.apache.http.message.BasicHttpResponse;
import org.apache.http.params.HttpParams;
import org.apache.http.protocol.BasicHttpContext;
import org.apache.http.protocol.HttpContext;
import org.apache.http.protocol.HttpRequestExecutor;
import org.jspecify.annotations.Nullable;

/**
 * All requests to one agent go this way: through consul-api's transport, over a pool of
 * connections. Its raw client makes a second pool, with the JVM's certificates and all the domains
 * that cookies know, which nobody uses. Each request is bounded as a whole, from the lease of a
 * connection to the last byte of the answer, and so is the length of the answer. No request is sent
 * twice. Thread-safe.
 */
final class ConsulHttpClient implements AutoCloseable {

  /** So that certificates and name servers' records that have changed are in use some time. */
  private static final int CONNECTION_MINUTES = 10;

  private static final int BUFFER = 8 * 1024;
  private static final HttpRequestExecutor EXECUTOR = new HttpRequestExecutor();
  private static final MessageConstraints HEADERS =
      MessageConstraints.custom().setMaxHeaderCount(200).setMaxLineLength(16 * 1024).build();

  private final ConsulOptions options;
  private final ScheduledExecutorService timer;
  private final AgentDnsResolver resolver = new AgentDnsResolver(Clock.system());
  private final PoolingHttpClientConnectionManager pool;
  private final HttpRoute route;
  private final String base;

  /** What every request says, of whom it is. */
  private final List<Header> headers = new ArrayList<>();

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
    this.options = options;
    this.timer = timer;
    pool =
        new PoolingHttpClientConnectionManager(
            RegistryBuilder.<ConnectionSocketFactory>create()
                .register(
                    "http",
                    address
                        .socket()
                        .<ConnectionSocketFactory>map(UnixSocket.Factory::new)
                        .orElseGet(ConsulHttpClient::plain))
                .register("https", new TlsSocketFactory(tls))
                .build(),
            (route, config) -> new Connection(),
            null,
            resolver,
            CONNECTION_MINUTES,
            TimeUnit.MINUTES);
    pool.setMaxTotal(connections);
    pool.setDefaultMaxPerRoute(connections);
    HttpHost host = new HttpHost(address.host(), address.port(), address.scheme());
    route = new HttpRoute(host, null, address.isTls());
    base =
        Utils.assembleAgentAddress(
            address.scheme() + "://" + address.host(), address.port(), address.path());
    headers.add(new BasicHeader("Host", host.toHostString()));
    headers.add(new BasicHeader("User-Agent", "rollcall"));
    // For a proxy before Consul, which takes it away or passes it on.
    options
        .basicAuth()
        .map(auth -> Base64.getEncoder().encodeToString(auth.getBytes(StandardCharsets.UTF_8)))
        .ifPresent(auth -> headers.add(new BasicHeader("Authorization", "Basic " + auth)));
    options.namespace().ifPresent(name -> headers.add(new BasicHeader("X-Consul-Namespace", name)));
    options.partition().ifPresent(name -> headers.add(new BasicHeader("X-Consul-Partition", name)));
  }

  /** The JVM's SOCKS proxy, if it has one, is for sockets without a channel only. */
  private static ConnectionSocketFactory plain() {
    return System.getProperty("socksProxyHost") == null
        ? new PlainSocketFactory()
        : PlainConnectionSocketFactory.INSTANCE;
  }

  /**
   * The token goes into a header, as consul-api's own way puts it into the URL, and is asked for
   * each time, so that it can be rotated.
   */
  private Optional<Header> token() throws IOException {
    try {
      return options.token().get().map(token -> new BasicHeader("X-Consul-Token", token));
    } catch (UncheckedIOException e) {
      // The deepest cause is what gets reported: let it be this line.
      throw new IOException(e.getMessage());
    }
  }

  /** A request as it is sent: of all that consul-api says of it, what Consul needs. */
  private HttpRequest toSend(HttpUriRequest made) throws IOException {
    URI uri = made.getURI();
    String path =
        uri.getRawQuery() == null ? uri.getRawPath() : uri.getRawPath() + "?" + uri.getRawQuery();
    BasicHttpEntityEnclosingRequest request =
        new BasicHttpEntityEnclosingRequest(made.getMethod(), path, HttpVersion.HTTP_1_1);
    headers.forEach(request::addHeader);
    token().ifPresent(request::addHeader);
    if (made instanceof HttpEntityEnclosingRequest with && with.getEntity() != null) {
      request.setEntity(with.getEntity());
      request.addHeader("Content-Length", Long.toString(with.getEntity().getContentLength()));
      request.addHeader(with.getEntity().getContentType());
    }
    return request;
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
    pool.close();
  }

  /** The requests of one caller, one after the other, until it is closed. Thread-safe. */
  final class Exchanges implements AutoCloseable {
    private @Nullable Exchange last;
    private boolean closed;

    /** Makes ready for one request, as {@link ConsulHttpClient#exchange}. */
    Exchange next(Duration silence, Duration bound) {
      Exchange next = exchange(silence, bound);
      synchronized (this) {
        last = next;
        if (closed) {
          next.abort();
        }
      }
      return next;
    }

    /** Ends the request under way, and those that come. From any thread; idempotent. */
    @Override
    public void close() {
      Exchange under;
      synchronized (this) {
        closed = true;
        under = last;
      }
      if (under != null) {
        under.abort();
      }
    }
  }

  /** Reads the content of an answer while it comes in, to its end. */
  @FunctionalInterface
  interface ContentReader {
    /**
     * Reads it.
     *
     * @param content as long as an answer may be at most; not closed
     * @throws IOException as reading does
     */
    void read(InputStream content) throws IOException;
  }

  /**
   * One request and its answer. For one thread, but any may abort it. It is the HTTP client that
   * consul-api sees: consul-api reads content as text only, which takes five times the length of a
   * long answer and most of the time, so the content is taken out before. It sends by the parts of
   * Apache's client, without what that does for cookies, proxies, redirects and passwords.
   */
  final class Exchange extends CloseableHttpClient {
    private final Duration silence;
    private final Duration bound;
    private @Nullable ContentReader reader;
    private byte[] content = {};
    private @Nullable RuntimeException malformed;
    private @Nullable HttpResponse response;
    private boolean sent;
    private @Nullable ConnectionRequest lease;
    private @Nullable HttpClientConnection connection;
    private boolean timedOut;
    private boolean aborted;

    Exchange(Duration silence, Duration bound) {
      this.silence = silence;
      this.bound = bound;
    }

    ConsulResponse get(String path, List<UrlParameters> parameters) {
      return answer(transport -> transport.makeGetRequest(request(path, parameters).build()));
    }

    /** As {@link #get(String, List)}; an answer of status 200 has its content read by another. */
    ConsulResponse get(String path, List<UrlParameters> parameters, ContentReader by) {
      reader = by;
      return get(path, parameters);
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
      String url = base + path;
      return com.ecwid.consul.transport.HttpRequest.Builder.newBuilder()
          .setUrl(Utils.generateUrl(url.contains(" ") ? Utils.encodeUrl(url) : url, parameters));
    }

    private ConsulResponse answer(
        Function<HttpTransport, com.ecwid.consul.transport.HttpResponse> call) {
      try {
        var answer = call.apply(new DefaultHttpTransport(this));
        return ConsulResponse.of(answer, response, content, malformed);
      } catch (RuntimeException e) {
        if (!sent) {
          resolver.connectFailed();
        }
        return ConsulResponse.failed(e, sent);
      }
    }

    /** Ends the request; one that has not begun fails. Idempotent. */
    synchronized void abort() {
      aborted = true;
      if (lease != null) {
        lease.cancel();
      }
      if (connection != null) {
        shutDown(connection);
      }
    }

    private synchronized void timeOut() {
      timedOut = true;
      abort();
    }

    private synchronized boolean isTimedOut() {
      return timedOut;
    }

    /** Notes what {@link #abort} ends: the lease of a connection, the connection, or nothing. */
    private synchronized void next(
        @Nullable ConnectionRequest leased, @Nullable HttpClientConnection used)
        throws IOException {
      if (aborted && (leased != null || used != null)) {
        throw new IOException("the query was closed");
      }
      lease = leased;
      connection = used;
    }

    @Override
    protected CloseableHttpResponse doExecute(
        HttpHost target, HttpRequest made, @Nullable HttpContext none) throws IOException {
      long left = Math.max(1, bound.toMillis());
      Future<?> timeOut = timer.schedule(this::timeOut, left, TimeUnit.MILLISECONDS);
      try {
        return send((HttpUriRequest) made, (int) Math.min(Integer.MAX_VALUE, left));
      } catch (IOException e) {
        if (isTimedOut()) {
          throw new SocketTimeoutException("the call was not over within " + left + " ms");
        }
        throw e;
      } finally {
        timeOut.cancel(false);
      }
    }

    private CloseableHttpResponse send(HttpUriRequest made, int left) throws IOException {
      int connect = (int) Math.min(left, options.connectTimeout().toMillis());
      HttpRequest request = toSend(made);
      HttpClientConnection leased = lease(connect);
      long keepAlive = -1;
      boolean reusable = false;
      try {
        next(null, leased);
        HttpContext context = new BasicHttpContext();
        if (!leased.isOpen()) {
          pool.connect(leased, route, connect, context);
          pool.routeComplete(leased, route, context);
        }
        leased.setSocketTimeout((int) Math.min(left, silence.toMillis()));
        sent = true;
        HttpResponse got = EXECUTOR.execute(request, leased, context);
        Answer answer = new Answer(got);
        response = answer;
        boolean complete = read(got);
        reusable = complete && DefaultConnectionReuseStrategy.INSTANCE.keepAlive(got, context);
        keepAlive = DefaultConnectionKeepAliveStrategy.INSTANCE.getKeepAliveDuration(got, context);
        return answer;
      } catch (HttpException e) {
        throw new IOException(e.getMessage(), e);
      } finally {
        next(null, null);
        if (!reusable) {
          shutDown(leased);
        }
        pool.releaseConnection(leased, null, keepAlive, TimeUnit.MILLISECONDS);
      }
    }

    private HttpClientConnection lease(int timeout) throws IOException {
      ConnectionRequest asked = pool.requestConnection(route, null);
      next(asked, null);
      try {
        return asked.get(timeout, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted");
      } catch (ExecutionException e) {
        throw new IOException(e.getCause());
      }
    }

    /** Reads what is to be read, and tells whether there is nothing more. */
    private boolean read(HttpResponse answer) throws IOException {
      HttpEntity entity = answer.getEntity();
      long length = entity == null ? 0 : entity.getContentLength();
      int limit = options.answerLimit();
      if (length > limit) {
        throw new ConsulResponse.TooLongException(limit);
      }
      BoundedStream in =
          new BoundedStream(
              entity == null ? InputStream.nullInputStream() : entity.getContent(), limit);
      if (reader == null || answer.getStatusLine().getStatusCode() != HttpStatus.SC_OK) {
        content = in.readAll(length);
        return true;
      }
      try {
        reader.read(in);
        return true;
      } catch (RuntimeException e) {
        malformed = e;
        return false;
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

  private static void shutDown(HttpClientConnection connection) {
    try {
      connection.shutdown();
    } catch (IOException e) {
      // It is given up anyway.
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

  /** The status and the headers of an answer, without its content. */
  private static final class Answer extends BasicHttpResponse implements CloseableHttpResponse {

    Answer(HttpResponse of) {
      super(of.getStatusLine());
      setHeaders(of.getAllHeaders());
      setEntity(NO_CONTENT);
    }

    /** Its connection has been given back. */
    @Override
    public void close() {}
  }

  /** Content that must not be longer than a limit. */
  private static final class BoundedStream extends FilterInputStream {
    private final int limit;
    private long count;

    BoundedStream(InputStream in, int limit) {
      super(in);
      this.limit = limit;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      int read = in.read(into, from, length);
      count += Math.max(0, read);
      if (count > limit) {
        throw new ConsulResponse.TooLongException(limit);
      }
      return read;
    }

    /** All of it, which is so long if that is not negative: memory is taken as it comes in. */
    byte[] readAll(long length) throws IOException {
      byte[] all = new byte[length < 0 ? 1024 : (int) Math.min(length, BUFFER)];
      int filled = 0;
      for (int read = 0; read >= 0; filled += Math.max(0, read)) {
        if (filled == length) {
          return all;
        }
        if (filled == all.length) {
          all = Arrays.copyOf(all, length < 0 ? 2 * filled : (int) Math.min(length, 2L * filled));
        }
        read = read(all, filled, all.length - filled);
      }
      return Arrays.copyOf(all, filled);
    }
  }

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
      return !hasLocalAddress() || isClosedByPeer();
    }

    /** A socket without a channel can only be looked at by a read that waits for a millisecond. */
    private boolean isClosedByPeer() {
      SocketChannel channel = getSocket() == null ? null : getSocket().getChannel();
      if (channel == null) {
        return super.isStale();
      }
      try {
        channel.configureBlocking(false);
        boolean silent = channel.read(ByteBuffer.allocate(1)) == 0;
        channel.configureBlocking(true);
        return !silent;
      } catch (IOException e) {
        return true;
      }
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

  /** Connects by channels, of which it is known without a wait whether the other side is there. */
  private static final class PlainSocketFactory extends PlainConnectionSocketFactory {

    @Override
    public Socket createSocket(HttpContext context) throws IOException {
      return SocketChannel.open().socket();
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
