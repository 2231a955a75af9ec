package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class RuntimeApiTest {

  private static final Duration SHORT = Duration.ofMillis(300);

  @TempDir Path directory;

  @Test
  void sendsManyCommandsOverOneConnection() throws Exception {
    try (FakeRuntimeSocket haproxy =
        haproxy(
            peer -> {
              answer(peer, "\n> ");
              answer(peer, "3.0.11\n\n> ");
              answer(peer, "\n> ");
              answer(peer, "Server deleted.\n> ");
              answer(peer, "a\n\nb\n\n> ");
              peer.listen();
            })) {
      try (RuntimeApi.Session session = api().open()) {
        assertThat(session.ask("show version")).isEqualTo("3.0.11");
        assertThat(session.ask("enable server be/s1")).isEmpty();
        assertThat(session.ask("del server be/s1")).isEqualTo("Server deleted.");
        assertThat(session.ask("show stat")).isEqualTo("a\n\nb");
      }
      assertThat(haproxy.heardInAll())
          .containsExactly(
              "prompt",
              "show version",
              "enable server be/s1",
              "del server be/s1",
              "show stat",
              "quit");
    }
  }

  @Test
  void prefixesCommandsForTheCurrentWorkerThroughTheMaster() throws Exception {
    try (FakeRuntimeSocket haproxy =
        haproxy(
            peer -> {
              answer(peer, "master[ReloadFailed]> ");
              answer(peer, "3.0.11\n\nmaster[ReloadFailed]> ");
              answer(peer, "\nmaster> ");
              peer.listen();
            })) {
      try (RuntimeApi.Session session = new RuntimeApi(socket(), "@1 ", SHORT, 100_000).open()) {
        assertThat(session.ask("show version")).isEqualTo("3.0.11");
        assertThat(session.ask("enable server be/s1")).isEmpty();
      }
      assertThat(haproxy.heardInAll())
          .containsExactly("prompt", "@1 show version", "@1 enable server be/s1", "quit");
    }
  }

  @Test
  void pipelinesCommandsAndSplitsReplies() throws Exception {
    try (FakeRuntimeSocket haproxy =
        haproxy(
            peer -> {
              answer(peer, "master> ");
              peer.hear();
              peer.hear();
              peer.hear();
              peer.say("New server registered.\n\nmaster>");
              peer.say(" \nmaster> No such ser");
              peer.say("ver.\n\nmaster> ");
              peer.listen();
            })) {
      try (RuntimeApi.Session session = new RuntimeApi(socket(), "@1 ", SHORT, 100_000).open()) {
        assertThat(
                session.askAll(
                    List.of(
                        "add server be/s1 10.0.0.1:80",
                        "enable server be/s1",
                        "set server be/s2 state drain")))
            .containsExactly("New server registered.", "", "No such server.");
      }
      assertThat(haproxy.heardInAll())
          .containsExactly(
              "prompt",
              "@1 add server be/s1 10.0.0.1:80",
              "@1 enable server be/s1",
              "@1 set server be/s2 state drain",
              "quit");
    }
  }

  @Test
  void failsWhenOneReplyIsMissing() throws Exception {
    try (FakeRuntimeSocket haproxy =
        haproxy(
            peer -> {
              answer(peer, "> ");
              answer(peer, "\n> ");
              peer.listen();
            })) {
      try (RuntimeApi.Session session = api().open()) {
        assertThatThrownBy(
                () -> session.askAll(List.of("enable server be/s1", "enable server be/s2")))
            .isInstanceOf(RuntimeApiException.class)
            .hasMessageContaining("\"enable server be/s1\" and what follows: no whole reply");
      }
      assertThat(haproxy.heardInAll())
          .containsExactly("prompt", "enable server be/s1", "enable server be/s2");
    }
  }

  @Test
  void sendsNothingWhenOneCommandIsIllegal() throws Exception {
    try (FakeRuntimeSocket haproxy =
        haproxy(
            peer -> {
              answer(peer, "> ");
              peer.listen();
            })) {
      try (RuntimeApi.Session session = api().open()) {
        assertThatThrownBy(() -> session.askAll(List.of("show info", "show info;show stat")))
            .isInstanceOf(IllegalArgumentException.class);
      }
      assertThat(haproxy.heardInAll()).containsExactly("prompt", "quit");
    }
  }

  @Test
  void readsReplyThatComesInPieces() throws Exception {
    String part = "0123456789\n".repeat(3_000) + "x";
    try (FakeRuntimeSocket haproxy =
        haproxy(
            peer -> {
              answer(peer, "\n> ");
              peer.hear();
              peer.say(part);
              peer.say("> ");
              peer.say("more\n");
              peer.say("\n>");
              peer.say(" ");
              peer.listen();
            })) {
      try (RuntimeApi.Session session = api().open()) {
        String reply = session.ask("show stat");
        assertThat(reply.equals(part + "> more")).as("%s bytes", reply.length()).isTrue();
      }
      assertThat(haproxy.heardInAll()).containsExactly("prompt", "show stat", "quit");
    }
  }

  @Test
  void timesOutWhenHaproxyIsSilent() throws Exception {
    try (FakeRuntimeSocket haproxy = haproxy(FakeRuntimeSocket.Peer::listen)) {
      assertThatThrownBy(() -> api().open())
          .isInstanceOf(RuntimeApiException.class)
          .hasMessage("HAProxy at " + socket() + ": cannot connect: no whole reply within 300 ms");
      assertThat(haproxy.heardInAll()).containsExactly("prompt");
    }
  }

  @Test
  void failsWhenReplyIsIncomplete() throws Exception {
    try (FakeRuntimeSocket haproxy =
        haproxy(
            peer -> {
              answer(peer, "\n> ");
              answer(peer, "New server registered.\n");
              peer.listen();
            })) {
      try (RuntimeApi.Session session = api().open()) {
        assertThatThrownBy(() -> session.ask("add server be/s1 10.0.0.1:80"))
            .isInstanceOf(RuntimeApiException.class)
            .hasMessage(
                "HAProxy at "
                    + socket()
                    + ": \"add server be/s1 10.0.0.1:80\": no whole reply within 300 ms");
        assertThatThrownBy(() -> session.ask("show info"))
            .as("the other half would be taken for the answer")
            .hasMessage("HAProxy at " + socket() + ": the session has failed");
      }
      assertThat(haproxy.heardInAll()).containsExactly("prompt", "add server be/s1 10.0.0.1:80");
    }
  }

  @Test
  void failsWhenConnectionClosesBeforeThePrompt() throws Exception {
    try (FakeRuntimeSocket haproxy =
        haproxy(
            peer -> {
              answer(peer, "\n> ");
              answer(peer, "New server registered.\n");
            })) {
      try (RuntimeApi.Session session = api().open()) {
        assertThatThrownBy(() -> session.ask("add server be/s1 10.0.0.1:80"))
            .isInstanceOf(RuntimeApiException.class)
            .hasMessageEndingWith(": it closed before its reply was whole");
      }
      assertThat(haproxy.heard()).hasSize(2);
    }
  }

  @Test
  void failsWhenHaproxySpeaksUnasked() throws Exception {
    CountDownLatch read = new CountDownLatch(1);
    CountDownLatch said = new CountDownLatch(1);
    try (FakeRuntimeSocket haproxy =
        haproxy(
            peer -> {
              answer(peer, "\n> ");
              answer(peer, "3.0.11\n\n> ");
              awaitQuietly(read);
              peer.say("New server registered.\n\n> ");
              said.countDown();
              peer.listen();
            })) {
      try (RuntimeApi.Session session = api().open()) {
        assertThat(session.ask("show version")).isEqualTo("3.0.11");
        read.countDown();
        said.await();
        assertThatThrownBy(() -> session.ask("add server be/s1 10.0.0.1:80"))
            .isInstanceOf(RuntimeApiException.class)
            .hasMessageEndingWith(": it spoke or closed without being asked");
      }
      assertThat(haproxy.heardInAll()).containsExactly("prompt", "show version");
    }
  }

  @Test
  void failsWhenReplyIsTooLong() throws Exception {
    try (FakeRuntimeSocket haproxy =
        haproxy(
            peer -> {
              answer(peer, "\n> ");
              peer.hear();
              while (true) {
                peer.say("x".repeat(1_000));
              }
            })) {
      RuntimeApi api = new RuntimeApi(socket(), "", Duration.ofSeconds(10), 100_000);
      try (RuntimeApi.Session session = api.open()) {
        assertThatThrownBy(() -> session.ask("show stat"))
            .isInstanceOf(RuntimeApiException.class)
            .hasMessageEndingWith(": its reply is longer than 100000 bytes");
      }
      assertThat(haproxy.heard()).hasSize(2);
    }
  }

  @Test
  void failsWhenPeerSpeaksAnotherProtocol() throws Exception {
    try (FakeRuntimeSocket other =
        haproxy(peer -> answer(peer, "HTTP/1.1 400 Bad Request\r\n\r\n"))) {
      assertThatThrownBy(() -> api().open())
          .isInstanceOf(RuntimeApiException.class)
          .hasMessageEndingWith(": cannot connect: it closed before its reply was whole");
      assertThat(other.heard()).containsExactly("prompt");
    }
  }

  @Test
  void absentHaproxyIsReportedInOneLine() {
    assertThatThrownBy(() -> api().open())
        .isInstanceOf(RuntimeApiException.class)
        .hasMessageStartingWith("HAProxy at " + socket() + ": cannot connect: ");
  }

  @Test
  void regularFileIsNoSocket() throws IOException {
    Files.createFile(socket());
    assertThatThrownBy(() -> api().open())
        .isInstanceOf(RuntimeApiException.class)
        .hasMessageStartingWith("HAProxy at " + socket() + ": cannot connect: ");
  }

  @Test
  void pathTooLongForASocketIsReportedInOneLine() {
    RuntimeApi api = RuntimeApi.ofWorker(directory.resolve("x".repeat(200)));
    assertThatThrownBy(api::open)
        .isInstanceOf(RuntimeApiException.class)
        .hasMessageStartingWith("HAProxy at " + api.socket() + ": ");
  }

  @Test
  void timesOutWhenConnectionIsNotAccepted() throws IOException {
    List<SocketChannel> queue = new ArrayList<>();
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(socket());
    try (ServerSocketChannel deaf = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      deaf.bind(address, 1);
      boolean full = false;
      while (!full) {
        SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX);
        queue.add(client);
        client.configureBlocking(false);
        full = isRefused(client, address);
      }
      assertThatThrownBy(() -> api().open())
          .isInstanceOf(RuntimeApiException.class)
          .hasMessageStartingWith("HAProxy at " + socket() + ": cannot connect: ");
    } finally {
      for (SocketChannel client : queue) {
        client.close();
      }
    }
  }

  @Test
  void illegalCommandsNeverReachTheSocket() throws Exception {
    try (FakeRuntimeSocket haproxy =
        haproxy(
            peer -> {
              answer(peer, "\n> ");
              answer(peer, "\n> ");
              peer.listen();
            })) {
      try (RuntimeApi.Session session = api().open()) {
        for (String line :
            List.of("show info;show stat", "show info\nquit", "show info <<", "a\\ b", "@1 quit")) {
          assertThatThrownBy(() -> session.ask(line)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(session.ask("enable server be/s1")).isEmpty();
      }
      assertThat(haproxy.heardInAll()).containsExactly("prompt", "enable server be/s1", "quit");
    }
  }

  @Test
  void interruptEndsTheWait() throws Exception {
    try (FakeRuntimeSocket haproxy = haproxy(FakeRuntimeSocket.Peer::listen)) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> RuntimeApi.ofWorker(socket()).open())
          .isInstanceOf(RuntimeApiException.class);
      assertThat(Thread.interrupted()).isTrue();
      assertThat(haproxy.heard()).hasSizeLessThan(2);
    }
  }

  private static boolean isRefused(SocketChannel client, UnixDomainSocketAddress address) {
    try {
      return !client.connect(address);
    } catch (IOException e) {
      return true;
    }
  }

  private static void awaitQuietly(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the test is over", e);
    }
  }

  private static void answer(FakeRuntimeSocket.Peer peer, String reply) throws IOException {
    peer.hear();
    peer.say(reply);
  }

  private FakeRuntimeSocket haproxy(FakeRuntimeSocket.Behaviour behaviour) throws IOException {
    return new FakeRuntimeSocket(socket(), behaviour);
  }

  private RuntimeApi api() {
    return new RuntimeApi(socket(), "", SHORT, 100_000);
  }

  private Path socket() {
    return directory.resolve("admin.sock");
  }
}
