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
 * @see <a href="https://developer.hashicorp.com/consul/commands#environment-variables">Consul's
 *     environment variables</a>
 */
public final class TlsOptions {

  private record Values(
      Optional<Path> caFile,
      Optional<Path> caPath,
      Optional<Path> clientCertificate,
      Optional<Path> clientKey,
      Optional<String> serverName,
      boolean verify) {}

  private final Values values;

  private TlsOptions(Values values) {
    this.values = values;
  }

  /**
   * {@return CA certificates to trust in place of the JVM's, one or more in a file ({@code
   * CONSUL_CACERT}); wins over {@code caPath}}
   */
  public Optional<Path> caFile() {
    return values.caFile;
  }

  /**
   * {@return a directory of such files, without those of its subdirectories and those whose name
   * begins with a dot ({@code CONSUL_CAPATH})}
   */
  public Optional<Path> caPath() {
    return values.caPath;
  }

  /**
   * {@return this client's certificate, followed by its intermediates if there are any ({@code
   * CONSUL_CLIENT_CERT})}
   */
  public Optional<Path> clientCertificate() {
    return values.clientCertificate;
  }

  /**
   * {@return the RSA or EC key of that certificate, PKCS#8, PKCS#1 or SEC 1, without a pass phrase
   * ({@code CONSUL_CLIENT_KEY})}
   */
  public Optional<Path> clientKey() {
    return values.clientKey;
  }

  /**
   * {@return the name that the agent's certificate must hold, in place of the address's host
   * ({@code CONSUL_TLS_SERVER_NAME})}
   */
  public Optional<String> serverName() {
    return values.serverName;
  }

  /**
   * {@return whether the agent's certificate is checked at all ({@code CONSUL_HTTP_SSL_VERIFY})}
   */
  public boolean verify() {
    return values.verify;
  }

  /** What the environment says, of which a certificate may lack its key. */
  static TlsOptions of(
      Optional<Path> caFile,
      Optional<Path> caPath,
      Optional<Path> clientCertificate,
      Optional<Path> clientKey,
      Optional<String> serverName,
      boolean verify) {
    return new TlsOptions(
        new Values(caFile, caPath, clientCertificate, clientKey, serverName, verify));
  }

  /**
   * The JVM's CA certificates, no client certificate, everything checked.
   *
   * @return the defaults
   */
  public static TlsOptions defaults() {
    Optional<Path> none = Optional.empty();
    return new TlsOptions(new Values(none, none, none, none, Optional.empty(), true));
  }

  /**
   * The same with CA certificates from a file.
   *
   * @param file PEM, one certificate or more
   * @return changed options
   */
  public TlsOptions caFile(Path file) {
    return new TlsOptions(
        new Values(
            Optional.of(file),
            values.caPath,
            values.clientCertificate,
            values.clientKey,
            values.serverName,
            values.verify));
  }

  /**
   * The same with CA certificates from a directory.
   *
   * @param directory of PEM files
   * @return changed options
   */
  public TlsOptions caPath(Path directory) {
    return new TlsOptions(
        new Values(
            values.caFile,
            Optional.of(directory),
            values.clientCertificate,
            values.clientKey,
            values.serverName,
            values.verify));
  }

  /**
   * The same with a client certificate, for agents that ask for one.
   *
   * @param certificate PEM, with its intermediates
   * @param key PEM, its key
   * @return changed options
   */
  public TlsOptions client(Path certificate, Path key) {
    return new TlsOptions(
        new Values(
            values.caFile,
            values.caPath,
            Optional.of(certificate),
            Optional.of(key),
            values.serverName,
            values.verify));
  }

  /**
   * The same with the name that the agent's certificate must hold.
   *
   * @param name such as {@code server.dc1.consul}
   * @return changed options
   */
  public TlsOptions serverName(String name) {
    return new TlsOptions(
        new Values(
            values.caFile,
            values.caPath,
            values.clientCertificate,
            values.clientKey,
            Optional.of(name),
            values.verify));
  }

  /**
   * The same without any check of the agent's certificate: whoever is on the way can read the token
   * and answer in Consul's place.
   *
   * @return changed options
   */
  public TlsOptions withoutVerification() {
    return new TlsOptions(
        new Values(
            values.caFile,
            values.caPath,
            values.clientCertificate,
            values.clientKey,
            values.serverName,
            false));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TlsOptions that && values.equals(that.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return values.toString().replaceFirst("Values", "TlsOptions");
  }
}
