package dev.rollcall.lb.haproxy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * HAProxy's master socket: one connection for each command, since a reload gives the socket a new
 * inode and closes what was open. Stateless and thread-safe.
 */
final class MasterSocket {

  private static final int MOST_ANSWER = 256 * 1024;

  private final Path path;

  MasterSocket(Path path) {
    this.path = path;
  }

  Path path() {
    return path;
  }

  /**
   * Sends one command and reads its answer to the end, or to 256 kB.
   *
   * @see #ask(String, Duration, int)
   */
  String ask(String command, Duration limit) throws IOException {
    return ask(command, limit, MOST_ANSWER);
  }

  /**
   * Sends one command and reads its answer to the end, or to a bound.
   *
   * @param command one line, of the program's own words alone
   * @param limit for all of it
   * @param most about how many bytes to read
   * @throws ConnectFailedException when nobody took the connection: the command was not sent
   * @throws SocketTimeoutException when there was no end within the limit
   * @throws IOException when the connection broke
   */
  String ask(String command, Duration limit, int most) throws IOException {
    long deadline = System.nanoTime() + limit.toNanos();
    try (SocketChannel channel = connect();
        Selector selector = Selector.open()) {
      channel.configureBlocking(false);
      SelectionKey key = channel.register(selector, SelectionKey.OP_WRITE);
      ByteBuffer request = ByteBuffer.wrap((command + "\n").getBytes(StandardCharsets.UTF_8));
      while (request.hasRemaining()) {
        await(selector, deadline);
        channel.write(request);
      }
      // The master keeps the connection open for more commands unless it sees this end.
      channel.shutdownOutput();
      key.interestOps(SelectionKey.OP_READ);
      return answer(channel, selector, deadline, most);
    }
  }

  private SocketChannel connect() throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(path));
      return channel;
    } catch (ClosedByInterruptException e) {
      throw new InterruptedIOException("interrupted");
    } catch (IOException e) {
      channel.close();
      throw new ConnectFailedException(path, e);
    }
  }

  private static String answer(SocketChannel channel, Selector selector, long deadline, int most)
      throws IOException {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    ByteBuffer buffer = ByteBuffer.allocate(8192);
    while (answer.size() < most) {
      await(selector, deadline);
      int read = channel.read(buffer);
      if (read < 0) {
        break;
      }
      answer.write(buffer.array(), 0, buffer.position());
      buffer.clear();
    }
    return answer.toString(StandardCharsets.UTF_8);
  }

  private static void await(Selector selector, long deadline) throws IOException {
    long left = deadline - System.nanoTime();
    if (left <= 0) {
      throw new SocketTimeoutException("no answer in time");
    }
    selector.select(Math.max(1, left / 1_000_000));
    selector.selectedKeys().clear();
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("interrupted");
    }
  }

  /** Nobody took the connection. The message is one line. */
  static final class ConnectFailedException extends SocketException {

    private static final long serialVersionUID = 1L;

    ConnectFailedException(Path path, IOException cause) {
      super("nobody answers at " + path + ": " + cause.getMessage());
      initCause(cause);
    }
  }
}
