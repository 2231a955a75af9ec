package dev.rollcall.discovery.internal.ecwid;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.apache.http.HttpHost;
import org.apache.http.conn.socket.ConnectionSocketFactory;
import org.apache.http.protocol.HttpContext;
import org.jspecify.annotations.Nullable;

/**
 * A Unix socket in the shape that the HTTP client wants. Java has such sockets as channels only,
 * whose reads have no time-out: so the channel does not block, and a selector waits. One thread at
 * a time may read or write; any may close it, which ends a wait at once.
 */
final class UnixSocket extends Socket {

  private final SocketChannel channel;
  private final Selector selector;
  private volatile int timeout;

  UnixSocket() throws IOException {
    channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    selector = Selector.open();
    channel.configureBlocking(false);
    channel.register(selector, 0);
  }

  /** Connects to one file, whatever address it is given. */
  record Factory(Path file) implements ConnectionSocketFactory {

    @Override
    public Socket createSocket(HttpContext context) throws IOException {
      return new UnixSocket();
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
      try {
        // Never waits: where the agent has no room for one more it is refused.
        ((UnixSocket) socket).channel.connect(UnixDomainSocketAddress.of(file));
        return socket;
      } catch (IOException | IllegalArgumentException e) {
        socket.close();
        throw new IOException("the socket " + file + ": " + e.getMessage());
      }
    }
  }

  /** Waits until the channel may be ready, or the time is over. */
  private void await(int operation) throws IOException {
    try {
      channel.keyFor(selector).interestOps(operation);
      selector.selectedKeys().clear();
      if (selector.select(timeout) == 0 && timeout > 0 && channel.isOpen()) {
        throw new SocketTimeoutException("nothing within " + timeout + " ms");
      }
    } catch (ClosedSelectorException | CancelledKeyException e) {
      throw new SocketException("the connection was closed");
    }
  }

  @Override
  public InputStream getInputStream() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] into, int from, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(into, from, length);
        int read = channel.read(buffer);
        while (read == 0 && length > 0) {
          await(SelectionKey.OP_READ);
          read = channel.read(buffer);
        }
        return read;
      }
    };
  }

  @Override
  public OutputStream getOutputStream() {
    return new OutputStream() {
      @Override
      public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
      }

      @Override
      public void write(byte[] all, int from, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(all, from, length);
        while (buffer.hasRemaining()) {
          if (channel.write(buffer) == 0) {
            await(SelectionKey.OP_WRITE);
          }
        }
      }
    };
  }

  @Override
  public synchronized void close() throws IOException {
    // In this order: who waits is woken, and finds the channel closed.
    channel.close();
    selector.close();
  }

  @Override
  public boolean isClosed() {
    return !channel.isOpen();
  }

  @Override
  public boolean isConnected() {
    return channel.isConnected();
  }

  @Override
  public boolean isBound() {
    return channel.isConnected();
  }

  @Override
  public synchronized void setSoTimeout(int milliseconds) {
    timeout = milliseconds;
  }

  @Override
  public synchronized int getSoTimeout() {
    return timeout;
  }

  @Override
  public void shutdownInput() throws IOException {
    shutDown(channel::shutdownInput);
  }

  @Override
  public void shutdownOutput() throws IOException {
    shutDown(channel::shutdownOutput);
  }

  private interface Shutdown {
    SocketChannel run() throws IOException;
  }

  private static void shutDown(Shutdown side) throws IOException {
    try {
      side.run();
    } catch (ClosedChannelException e) {
      // It is done.
    }
  }

  @Override
  public InetAddress getLocalAddress() {
    return InetAddress.getLoopbackAddress();
  }

  @Override
  public @Nullable SocketAddress getRemoteSocketAddress() {
    return null;
  }

  /** What TCP has to set does not exist here. */
  @Override
  public void setTcpNoDelay(boolean on) {}

  @Override
  public void setKeepAlive(boolean on) {}

  @Override
  public void setReuseAddress(boolean on) {}

  @Override
  public void setSoLinger(boolean on, int seconds) {}
}
