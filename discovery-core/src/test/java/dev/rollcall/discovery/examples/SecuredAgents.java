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
            .withCaFile(pki.resolve("ca.pem"))
            .withClient(pki.resolve("client.pem"), pki.resolve("client-key.pem"))
            .withServerName("server.dc1.consul");
    return ConsulOptions.builder().addresses(agents).tls(tls).build();
  }
}
