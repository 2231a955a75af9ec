package dev.rollcall.discovery;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The PEM files and rules of TLS towards the agent. Immutable and thread-safe; holds paths, no
 * secrets.
 *
 * <p>The files are read again for each new connection, so they are rotated by writing them. While
 * what they hold cannot be used, as it is for a moment when a certificate and its key are being
 * replaced one after the other, new connections use what was read last, and the log says so once.
 * Connections that are open go on as they are, for some minutes at most.
 *
 * @param caFile CA certificates to trust in place of the JVM's, one or more in a file ({@code
 *     CONSUL_CACERT}); wins over {@code caPath}
 * @param caPath a directory of such files, without those of its subdirectories and those whose name
 *     begins with a dot ({@code CONSUL_CAPATH})
 * @param clientCertificate this client's certificate, followed by its intermediates if there are
 *     any ({@code CONSUL_CLIENT_CERT})
 * @param clientKey the RSA or EC key of that certificate, PKCS#8, PKCS#1 or SEC 1, without a pass
 *     phrase ({@code CONSUL_CLIENT_KEY})
 * @param serverName the name that the agent's certificate must hold, in place of the address's host
 *     ({@code CONSUL_TLS_SERVER_NAME})
 * @param verify whether the agent's certificate is checked at all ({@code CONSUL_HTTP_SSL_VERIFY})
 * @see <a href="https://developer.hashicorp.com/consul/commands#environment-variables">Consul's
 *     environment variables</a>
 */
public record TlsOptions(
    Optional<Path> caFile,
    Optional<Path> caPath,
    Optional<Path> clientCertificate,
    Optional<Path> clientKey,
    Optional<String> serverName,
    boolean verify) {

  /**
   * The JVM's CA certificates, no client certificate, everything checked.
   *
   * @return the defaults
   */
  public static TlsOptions defaults() {
    Optional<Path> none = Optional.empty();
    return new TlsOptions(none, none, none, none, Optional.empty(), true);
  }

  /**
   * The same with CA certificates from a file.
   *
   * @param file PEM, one certificate or more
   * @return changed options
   */
  public TlsOptions withCaFile(Path file) {
    return new TlsOptions(
        Optional.of(file), caPath, clientCertificate, clientKey, serverName, verify);
  }

  /**
   * The same with CA certificates from a directory.
   *
   * @param directory of PEM files
   * @return changed options
   */
  public TlsOptions withCaPath(Path directory) {
    return new TlsOptions(
        caFile, Optional.of(directory), clientCertificate, clientKey, serverName, verify);
  }

  /**
   * The same with a client certificate, for agents that ask for one.
   *
   * @param certificate PEM, with its intermediates
   * @param key PEM, its key
   * @return changed options
   */
  public TlsOptions withClient(Path certificate, Path key) {
    return new TlsOptions(
        caFile, caPath, Optional.of(certificate), Optional.of(key), serverName, verify);
  }

  /**
   * The same with the name that the agent's certificate must hold.
   *
   * @param name such as {@code server.dc1.consul}
   * @return changed options
   */
  public TlsOptions withServerName(String name) {
    return new TlsOptions(caFile, caPath, clientCertificate, clientKey, Optional.of(name), verify);
  }

  /**
   * The same without any check of the agent's certificate: whoever is on the way can read the token
   * and answer in Consul's place.
   *
   * @return changed options
   */
  public TlsOptions withoutVerification() {
    return new TlsOptions(caFile, caPath, clientCertificate, clientKey, serverName, false);
  }
}
