package dev.rollcall.discovery.internal.ecwid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.Result;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.http.HttpHost;
import org.apache.http.protocol.BasicHttpContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An agent behind a Unix socket. */
@Timeout(30)
class UnixSocketTest {

  private static final String BODY =
      "[{\"Node\":{\"Node\":\"n1\",\"Address\":\"198.18.0.2\"},"
          + "\"Service\":{\"ID\":\"web-1\",\"Service\":\"web\",\"Port\":80},\"Checks\":[]}]";
  private static final String ANSWER =
      "HTTP/1.1 200 OK\r\nX-Consul-Index: 7\r\nX-Consul-KnownLeader: true\r\nContent-Length: "
          + BODY.length()
          + "\r\n\r\n"
          + BODY;

  @TempDir Path directory;

  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<SocketChannel> connections = new CopyOnWriteArrayList<>();
  private volatile String answer = ANSWER;
  private Path file;
  private ServerSocketChannel server;

  @BeforeEach
  void serve() throws IOException {
    file = directory.resolve("consul.sock");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(file));
    Thread accepting = new Thread(this::accept, "stub");
    accepting.setDaemon(true);
    accepting.start();
  }

  @AfterEach
  void end() throws IOException {
    server.close();
    for (SocketChannel connection : connections) {
      connection.close();
    }
  }

  private void accept() {
    try {
      while (true) {
        SocketChannel connection = server.accept();
        connections.add(connection);
        Thread serving = new Thread(() -> serve(connection), "stub-connection");
        serving.setDaemon(true);
        serving.start();
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  private void serve(SocketChannel connection) {
    try {
      ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
      while (connection.read(buffer) >= 0) {
        String read = new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
        if (read.endsWith("\r\n\r\n")) {
          buffer.clear();
          requests.add(read);
          connection.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8)));
        }
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  private ConsulOptions.Builder options() {
    return ConsulOptions.builder().address(URI.create("unix://" + file));
  }

  private static Result<QueryResult<Snapshot>> ask(EcwidConsul consul) {
    try (BlockingQuery<Snapshot> query = consul.instances(ServiceQuery.service("web"))) {
      return query.run(OptionalLong.empty());
    }
  }

  private static String failure(Result<?> result) {
    assertThat(result).isInstanceOf(Result.Failed.class);
    Result.Failed<?> failed = (Result.Failed<?>) result;
    assertThat(failed.failure().kind()).isEqualTo(Kind.UNAVAILABLE);
    return failed.failure().message();
  }

  @Test
  void anAgentIsAskedAsAnyOtherOverAConnectionThatIsKept() {
    EcwidConsul consul = new EcwidConsul(options().build(), 1);
    for (int i = 0; i < 3; i++) {
      Result<QueryResult<Snapshot>> result = ask(consul);
      assertThat(result).isInstanceOf(Result.Ok.class);
      assertThat(((Result.Ok<QueryResult<Snapshot>>) result).value().found().instances())
          .extracting(ServiceInstance::id)
          .containsExactly("web-1");
    }
    consul.close();
    assertThat(requests)
        .hasSize(3)
        .allMatch(request -> request.startsWith("GET /v1/health/service/web?passing HTTP"));
    assertThat(connections).hasSize(1);
  }

  @Test
  void aSilentAgentIsGivenUpAfterTheCallTimeout() {
    answer = "";
    EcwidConsul consul = new EcwidConsul(options().callTimeout(Duration.ofMillis(100)).build(), 1);
    assertThat(failure(ask(consul))).contains("100 ms");
    consul.close();
  }

  @Test
  void anAnswerThatStopsInTheMiddleIsGivenUpToo() {
    answer = ANSWER.substring(0, ANSWER.length() - 1);
    EcwidConsul consul = new EcwidConsul(options().callTimeout(Duration.ofMillis(100)).build(), 1);
    assertThat(failure(ask(consul))).contains("100 ms");
    consul.close();
  }

  @Test
  void aQueryThatBlocksEndsWhenItIsClosed() throws Exception {
    answer = "";
    EcwidConsul consul = new EcwidConsul(options().build(), 1);
    BlockingQuery<Snapshot> query = consul.instances(ServiceQuery.service("web"));
    CompletableFuture<Result<QueryResult<Snapshot>>> result =
        CompletableFuture.supplyAsync(() -> query.run(OptionalLong.of(7)));
    await()
        .until(() -> requests.stream().anyMatch(request -> request.contains("?passing&index=7&")));
    query.close();
    assertThat(result.get(5, TimeUnit.SECONDS)).isInstanceOf(Result.Failed.class);
    consul.close();
  }

  @Test
  void aSocketThatIsNotThereOrNotListeningIsNamed() throws IOException {
    server.close();
    EcwidConsul consul = new EcwidConsul(options().build(), 1);
    assertThat(failure(ask(consul))).contains("the socket " + file + ": ").hasLineCount(1);
    Files.delete(file);
    assertThat(failure(ask(consul))).contains("the socket " + file + ": ").hasLineCount(1);
    consul.close();
  }

  private Socket connected() throws IOException {
    UnixSocket.Factory factory = new UnixSocket.Factory(file);
    return factory.connectSocket(
        0,
        factory.createSocket(new BasicHttpContext()),
        new HttpHost("127.0.0.1", 80),
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 80),
        null,
        new BasicHttpContext());
  }

  @Test
  void aReadHasATimeoutAndTheConnectionGoesOnAfterIt() throws IOException {
    try (Socket socket = connected()) {
      InputStream in = socket.getInputStream();
      socket.setSoTimeout(1);
      assertThatThrownBy(in::read).isInstanceOf(SocketTimeoutException.class);
      socket.getOutputStream().write("x\r\n\r\n".getBytes(StandardCharsets.UTF_8));
      socket.setSoTimeout(10_000);
      assertThat(in.read()).isEqualTo('H');
      assertThat(in.readNBytes(ANSWER.length() - 1)).hasSize(ANSWER.length() - 1);
    }
  }

  @Test
  void aWriteThatNobodyReadsHasATimeoutToo() throws IOException {
    server.close();
    Files.delete(file);
    try (ServerSocketChannel deaf = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      deaf.bind(UnixDomainSocketAddress.of(file));
      try (Socket socket = connected()) {
        socket.setSoTimeout(20);
        byte[] much = new byte[16 * 1024 * 1024];
        assertThatThrownBy(() -> socket.getOutputStream().write(much))
            .isInstanceOf(SocketTimeoutException.class);
      }
    }
  }

  @Test
  void whoWaitsForeverIsWokenByTheCloseOfAnother() throws Exception {
    Socket socket = connected();
    CompletableFuture<Throwable> ended =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                socket.getInputStream().read();
                return new AssertionError("it read something");
              } catch (IOException e) {
                return e;
              }
            });
    await().until(() -> connections.size() == 1);
    socket.close();
    assertThat(ended.get(5, TimeUnit.SECONDS))
        .isInstanceOfAny(SocketException.class, IOException.class);
    assertThat(socket.isClosed()).isTrue();
  }
}
