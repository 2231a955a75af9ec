package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.internal.tls.ReloadingSslContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.ssl.HostnameVerifier;
import org.apache.http.HttpHost;
import org.apache.http.conn.socket.ConnectionSocketFactory;
import org.apache.http.conn.ssl.DefaultHostnameVerifier;
import org.apache.http.conn.ssl.NoopHostnameVerifier;
import org.apache.http.conn.ssl.SSLConnectionSocketFactory;
import org.apache.http.protocol.HttpContext;
import org.jspecify.annotations.Nullable;

/** Connects with the certificates and keys of the moment, within the {@link Deadline}. */
final class TlsSockets implements ConnectionSocketFactory {

  private final ReloadingSslContext tls;
  private final HostnameVerifier names;

  TlsSockets(ReloadingSslContext tls) {
    this.tls = tls;
    names = tls.options().verify() ? new DefaultHostnameVerifier() : NoopHostnameVerifier.INSTANCE;
  }

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
    String name = tls.options().serverName().orElse(host.getHostName());
    return new SSLConnectionSocketFactory(tls.context(), names)
        .connectSocket(
            Deadline.bound(timeout),
            socket,
            new HttpHost(name, host.getPort(), host.getSchemeName()),
            remote,
            local,
            context);
  }
}
