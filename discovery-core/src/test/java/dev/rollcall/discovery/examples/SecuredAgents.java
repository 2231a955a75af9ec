package dev.rollcall.discovery.examples;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.TlsOptions;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;

/** Several agents over mutual TLS, said in code. */
public final class SecuredAgents {

  private SecuredAgents() {}

  public static ConsulOptions options(List<URI> agents, Path pki) {
    TlsOptions tls =
        TlsOptions.defaults()
            .caFile(pki.resolve("ca.pem"))
            .client(pki.resolve("client.pem"), pki.resolve("client-key.pem"))
            .serverName("server.dc1.consul");
    return ConsulOptions.builder().addresses(agents).tls(tls).build();
  }
}
