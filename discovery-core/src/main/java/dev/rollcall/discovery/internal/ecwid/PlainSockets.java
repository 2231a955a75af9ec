package dev.rollcall.discovery.internal.ecwid;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.apache.http.HttpHost;
import org.apache.http.conn.socket.PlainConnectionSocketFactory;
import org.apache.http.protocol.HttpContext;
import org.jspecify.annotations.Nullable;

/** Connects without TLS, within the {@link Deadline}. */
final class PlainSockets extends PlainConnectionSocketFactory {

  @Override
  public Socket connectSocket(
      int timeout,
      @Nullable Socket socket,
      HttpHost host,
      InetSocketAddress remote,
      @Nullable InetSocketAddress local,
      HttpContext context)
      throws IOException {
    int most = Deadline.bound(timeout);
    return super.connectSocket(most, socket, host, remote, local, context);
  }
}
