package dev.rollcall.lb.haproxy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Client of HAProxy's Unix domain sockets. Stateless and thread-safe.
 *
 * @param path of the socket, which need not exist yet
 */
record HaproxySocket(Path path) {

  static final int MAX_REPLY_BYTES = 256 * 1024;

  /** {@code sun_path} without the zero at its end, on Linux. */
  private static final int MAX_PATH_BYTES = 107;

  /** A shorter reply fits into the buffer of the socket, so that HAProxy never waits for it. */
  private static final int LONG_REPLY_BYTES = 64 * 1024;

  /** A worker at work sends the parts of a long reply a millisecond apart. */
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(1);

  /**
   * The socket at a path, which need not exist yet.
   *
   * @throws HaproxyUnavailableException when there can be no socket at that path
   */
  static HaproxySocket at(Path path) throws HaproxyUnavailableException {
    Path absolute = path.toAbsolutePath().normalize();
    if (absolute.toString().getBytes(StandardCharsets.UTF_8).length > MAX_PATH_BYTES) {
      throw new HaproxyUnavailableException(
          "path of HAProxy's master socket is longer than "
              + MAX_PATH_BYTES
              + " bytes: "
              + absolute
              + ": name a shorter one");
    }
    if (Files.isDirectory(absolute) || Files.isRegularFile(absolute)) {
      throw new HaproxyUnavailableException(
          "not a socket: " + absolute + ": name the path that HAProxy was given with -S");
    }
    return new HaproxySocket(absolute);
  }

  /**
   * Sends one command on a new connection and reads the reply to the end of the stream. A reload
   * gives the master's socket a new inode and closes its connections, so none is kept.
   *
   * @param command one line, without input from outside
   * @param timeout for the connection, the command and the reply together
   * @param maxBytes about how many to read
   * @throws ConnectFailedException when nobody accepted the connection: the command was not sent
   * @throws StalledReplyException when a long reply stopped before its end
   * @throws SocketTimeoutException when the reply was not complete in time
   * @throws IOException when the connection failed
   */
  String ask(String command, Duration timeout, int maxBytes) throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    try (Connection connection = connect(deadline)) {
      connection.write(command + "\n", deadline);
      // The master keeps the connection open for more commands until it sees this.
      connection.channel.shutdownOutput();
      ByteArrayOutputStream reply = new ByteArrayOutputStream();
      boolean more = true;
      while (more && reply.size() < maxBytes) {
        more = connection.read(reply, deadline);
      }
      return reply.toString(StandardCharsets.UTF_8);
    }
  }

  /** Connects, until a deadline in nanoseconds of {@link System#nanoTime}. */
  Connection connect(long deadline) throws IOException {
    Connection connection = new Connection(SocketChannel.open(StandardProtocolFamily.UNIX));
    try {
      connection.connect(path, deadline);
      return connection;
    } catch (InterruptedIOException e) {
      connection.close();
      throw e;
    } catch (IOException e) {
      connection.close();
      throw new ConnectFailedException(path, e);
    }
  }

  /** One connection whose operations end at a deadline. Used by one thread. */
  static final class Connection implements AutoCloseable {

    private final SocketChannel channel;
    private final Selector selector;

    /** Large, since a reader that lags brings on the {@linkplain StalledReplyException defect}. */
    private final ByteBuffer chunk = ByteBuffer.allocate(64 << 10);

    private Connection(SocketChannel channel) throws IOException {
      this.channel = channel;
      try {
        this.selector = Selector.open();
      } catch (IOException e) {
        channel.close();
        throw e;
      }
    }

    private void connect(Path path, long deadline) throws IOException {
      channel.configureBlocking(false).register(selector, 0);
      if (!channel.connect(UnixDomainSocketAddress.of(path))) {
        do {
          await(SelectionKey.OP_CONNECT, deadline);
        } while (!channel.finishConnect());
      }
    }

    void write(String text, long deadline) throws IOException {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        if (channel.write(bytes) == 0) {
          await(SelectionKey.OP_WRITE, deadline);
        }
      }
    }

    /** Writes what fits now, without waiting. */
    void writeNow(String text) throws IOException {
      channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Whether there is something to read, or the stream has ended. */
    boolean hasInput() throws IOException {
      return channel.read(chunk.clear()) != 0;
    }

    /** Appends the bytes that come next; false at the end of the stream. */
    boolean read(ByteArrayOutputStream reply, long deadline) throws IOException {
      int length = channel.read(chunk.clear());
      if (length == 0) {
        awaitMore(reply.size(), deadline);
        length = channel.read(chunk);
      }
      reply.write(chunk.array(), 0, Math.max(length, 0));
      return length >= 0;
    }

    /** Waits for what follows so many bytes. */
    private void awaitMore(int bytes, long deadline) throws IOException {
      long silence = System.nanoTime() + LONGEST_SILENCE.toNanos();
      if (bytes < LONG_REPLY_BYTES || silence - deadline >= 0) {
        await(SelectionKey.OP_READ, deadline);
        return;
      }
      try {
        await(SelectionKey.OP_READ, silence);
      } catch (SocketTimeoutException e) {
        throw new StalledReplyException(bytes);
      }
    }

    /** Whether the bytes that came last may end with a prompt. */
    boolean mayEndWithPrompt() {
      int end = chunk.position();
      return end == 1 || (end > 1 && chunk.get(end - 2) == '>' && chunk.get(end - 1) == ' ');
    }

    private void await(int operation, long deadline) throws IOException {
      channel.keyFor(selector).interestOps(operation);
      long left = deadline - System.nanoTime();
      while (left <= 0 || selector.select(Math.max(1, left / 1_000_000)) == 0) {
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedIOException("interrupted");
        }
        left = deadline - System.nanoTime();
        if (left <= 0) {
          throw new SocketTimeoutException("no answer in time");
        }
      }
      selector.selectedKeys().clear();
    }

    @Override
    public void close() throws IOException {
      try (selector) {
        channel.close();
      }
    }
  }

  /**
   * A long reply stopped before its end. The masters of some releases do so when the reader's
   * buffer is full just as the worker has said all: 2.6.12 and 3.0.11 do, 3.2.26 and 3.4.7 do not.
   * The connection is then lost to the master, which has 10, until it is reloaded. The message is
   * one line.
   *
   * @see <a href="https://github.com/haproxy/haproxy/issues/3070">haproxy#3070</a>
   */
  static final class StalledReplyException extends IOException {

    private static final long serialVersionUID = 1L;

    private StalledReplyException(int bytes) {
      super("the reply stopped after " + bytes + " bytes");
    }
  }

  /** Nobody accepted the connection. The message is one line. */
  static final class ConnectFailedException extends SocketException {

    private static final long serialVersionUID = 1L;

    private ConnectFailedException(Path path, IOException cause) {
      super("nobody answers at " + path + ": " + cause.getMessage());
      initCause(cause);
    }
  }
}
