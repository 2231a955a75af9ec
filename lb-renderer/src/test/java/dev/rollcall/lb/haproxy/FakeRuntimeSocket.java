package dev.rollcall.lb.haproxy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A listening socket that does to its one client what a test tells it to. */
final class FakeRuntimeSocket implements AutoCloseable {

  /** What happens on the connection. */
  interface Behaviour {
    void with(Peer peer) throws IOException;
  }

  private final ServerSocketChannel server;
  private final Thread thread;
  private final List<String> heard = new CopyOnWriteArrayList<>();

  FakeRuntimeSocket(Path path, Behaviour behaviour) throws IOException {
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path));
    thread = new Thread(() -> serve(behaviour), "fake-haproxy");
    thread.start();
  }

  /** The lines that came so far. */
  List<String> heard() {
    return heard;
  }

  /** The lines that came until the client went. */
  List<String> heardInAll() throws InterruptedException {
    thread.join(10_000);
    return heard;
  }

  @Override
  public void close() throws IOException {
    server.close();
    thread.interrupt();
  }

  private void serve(Behaviour behaviour) {
    try (SocketChannel client = server.accept()) {
      behaviour.with(new Peer(client));
    } catch (IOException | UncheckedIOException e) {
      // The client went, or the test is over: what it saw is what counts.
    }
  }

  /** The client. */
  final class Peer {
    private final SocketChannel client;
    private final BufferedReader lines;

    Peer(SocketChannel client) {
      this.client = client;
      lines =
          new BufferedReader(
              new InputStreamReader(Channels.newInputStream(client), StandardCharsets.US_ASCII));
    }

    /** Waits for a line; whether there was one. */
    boolean hear() throws IOException {
      String line = lines.readLine();
      if (line != null) {
        heard.add(line);
      }
      return line != null;
    }

    /** Waits until the client has gone. */
    void listen() throws IOException {
      while (hear()) {
        Thread.onSpinWait();
      }
    }

    void say(String text) throws IOException {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        client.write(bytes);
      }
    }
  }
}
