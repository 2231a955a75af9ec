package dev.rollcall.lb.haproxy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The conversation over the socket, in prompt mode: one command a line, and the reply is whole when
 * the next prompt is there. Without the prompt HAProxy would close after one command, and the
 * master would not close at all.
 */
final class SocketSession implements RuntimeSession {

  private static final Logger log = LoggerFactory.getLogger(SocketSession.class);

  /** So few that neither side has to read before the other one can go on writing. */
  private static final int MOST_AT_ONCE = 100;

  private final RuntimeApi api;
  private final SocketChannel channel;
  private final Selector selector;
  private final ByteBuffer chunk = ByteBuffer.allocate(16 << 10);
  private boolean broken;

  private SocketSession(RuntimeApi api, SocketChannel channel, Selector selector) {
    this.api = api;
    this.channel = channel;
    this.selector = selector;
  }

  static SocketSession open(RuntimeApi api) throws RuntimeApiException {
    SocketSession session = null;
    try {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      Selector selector;
      try {
        selector = Selector.open();
      } catch (IOException e) {
        channel.close();
        throw e;
      }
      session = new SocketSession(api, channel, selector);
      session.connect();
      session.exchange("prompt", SocketSession::reply);
      return session;
    } catch (IOException e) {
      if (session != null) {
        session.abandon();
      }
      throw failed(api, "cannot connect", e);
    } catch (IllegalArgumentException | UnsupportedOperationException e) {
      // A path too long for a socket, or a system without such sockets.
      throw new RuntimeApiException("HAProxy at " + api.socket() + ": " + e.getMessage(), e);
    }
  }

  @Override
  public String ask(String command) throws RuntimeApiException {
    RuntimeCommand.check(command);
    return attempt(
        "\"" + command + "\"", () -> exchange(api.prefix() + command, SocketSession::reply));
  }

  private <T> T attempt(String what, Exchange<T> exchange) throws RuntimeApiException {
    if (broken) {
      throw new RuntimeApiException("HAProxy at " + api.socket() + ": the session has failed");
    }
    try {
      return exchange.run();
    } catch (IOException e) {
      abandon();
      throw failed(api, what, e);
    }
  }

  /** One whole reply; empty when more has to come. */
  private static Optional<String> reply(String text) {
    int end = Prompt.at(text);
    return end < 0 ? Optional.empty() : Optional.of(text.substring(0, end).stripTrailing());
  }

  @Override
  public List<String> askAll(List<String> commands) throws RuntimeApiException {
    commands.forEach(RuntimeCommand::check);
    List<String> replies = new ArrayList<>();
    for (int from = 0; from < commands.size(); from += MOST_AT_ONCE) {
      List<String> some = commands.subList(from, Math.min(from + MOST_AT_ONCE, commands.size()));
      String lines = some.stream().map(api.prefix()::concat).collect(Collectors.joining("\n"));
      replies.addAll(
          attempt(
              "\"" + some.get(0) + "\" and what follows",
              () -> exchange(lines, text -> Prompt.split(text, some.size()))));
    }
    return replies;
  }

  @Override
  public void close() {
    if (!broken) {
      try {
        // The master keeps a connection that just goes away until it notices.
        channel.write(ByteBuffer.wrap("quit\n".getBytes(StandardCharsets.US_ASCII)));
      } catch (IOException e) {
        log.debug("HAProxy closed first: {}", e.toString());
      }
    }
    abandon();
  }

  private void connect() throws IOException {
    channel.configureBlocking(false);
    SelectionKey key = channel.register(selector, 0);
    long deadline = deadline();
    if (!channel.connect(UnixDomainSocketAddress.of(api.socket()))) {
      do {
        await(key, SelectionKey.OP_CONNECT, deadline, "no connection");
      } while (!channel.finishConnect());
    }
  }

  private <T> T exchange(String line, Function<String, Optional<T>> whole) throws IOException {
    if (channel.read(chunk.clear()) != 0) {
      throw new RuntimeApiException("it spoke or closed without being asked");
    }
    long deadline = deadline();
    write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.US_ASCII)), deadline);
    return read(deadline, whole);
  }

  private void write(ByteBuffer bytes, long deadline) throws IOException {
    SelectionKey key = channel.keyFor(selector);
    while (bytes.hasRemaining()) {
      if (channel.write(bytes) == 0) {
        await(key, SelectionKey.OP_WRITE, deadline, "it does not read");
      }
    }
  }

  private <T> T read(long deadline, Function<String, Optional<T>> whole) throws IOException {
    SelectionKey key = channel.keyFor(selector);
    ByteArrayOutputStream reply = new ByteArrayOutputStream();
    while (true) {
      await(key, SelectionKey.OP_READ, deadline, "no whole reply");
      int length = channel.read(chunk.clear());
      if (length < 0) {
        throw new RuntimeApiException("it closed before its reply was whole");
      }
      if (reply.size() + length > api.longestReply()) {
        throw new RuntimeApiException("its reply is longer than " + api.longestReply() + " bytes");
      }
      reply.write(chunk.array(), 0, length);
      if (Prompt.mayEnd(chunk.array(), length)) {
        Optional<T> read = whole.apply(reply.toString(StandardCharsets.UTF_8));
        if (read.isPresent()) {
          return read.get();
        }
      }
    }
  }

  private void await(SelectionKey key, int operation, long deadline, String otherwise)
      throws IOException {
    key.interestOps(operation);
    while (true) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        throw new RuntimeApiException(otherwise + " within " + api.timeout().toMillis() + " ms");
      }
      if (selector.select(left) > 0) {
        selector.selectedKeys().clear();
        return;
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new RuntimeApiException("interrupted");
      }
    }
  }

  private long deadline() {
    return System.nanoTime() + api.timeout().toNanos();
  }

  private void abandon() {
    broken = true;
    try (selector;
        channel) {
      log.trace("closing the session with {}", api.socket());
    } catch (IOException e) {
      log.debug("cannot close the session with {}: {}", api.socket(), e.toString());
    }
  }

  private interface Exchange<T> {
    T run() throws IOException;
  }

  private static RuntimeApiException failed(RuntimeApi api, String attempt, IOException e) {
    String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return new RuntimeApiException("HAProxy at " + api.socket() + ": " + attempt + ": " + why, e);
  }
}
