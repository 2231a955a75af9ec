package dev.rollcall.lb.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;

/** Stands between a client and Consul, and counts what Consul says. */
final class CountingProxy implements AutoCloseable {
  private static final int CONNECT_MILLIS = 5000;

  private final ServerSocket server;
  private final String host;
  private final int port;
  private final AtomicLong bytes = new AtomicLong();

  CountingProxy(String host, int port) throws IOException {
    this.host = host;
    this.port = port;
    this.server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    daemon(this::accept);
  }

  /** {@code host:port} for the client. */
  String authority() {
    return "127.0.0.1:" + server.getLocalPort();
  }

  long bytes() {
    return bytes.get();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        daemon(() -> join(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void join(Socket client) {
    try (client;
        Socket consul = new Socket()) {
      consul.connect(Endpoint.of(host, port), CONNECT_MILLIS);
      client.setTcpNoDelay(true);
      consul.setTcpNoDelay(true);
      daemon(() -> copy(client, consul, new AtomicLong()));
      copy(consul, client, bytes);
    } catch (IOException e) {
      // The client finds its connection closed, and tries again.
      return;
    }
  }

  private static void copy(Socket from, Socket to, AtomicLong count) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] chunk = new byte[64 << 10];
      for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
        out.write(chunk, 0, length);
        count.addAndGet(length);
      }
    } catch (IOException e) {
      // One side has gone; the other is closed with it.
      return;
    }
  }

  private static void daemon(Runnable work) {
    Thread thread = new Thread(work, "proxy");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
