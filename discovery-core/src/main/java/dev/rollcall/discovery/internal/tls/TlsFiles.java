package dev.rollcall.discovery.internal.tls;

import dev.rollcall.discovery.TlsOptions;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * What all the files of the options held when they were read. Two are equal if nothing has changed.
 *
 * @param authorities the CA certificates; none for the JVM's
 */
record TlsFiles(List<PemFile> authorities, Optional<PemFile> certificate, Optional<PemFile> key) {

  static final String CA_CERT = "CONSUL_CACERT";
  static final String CA_PATH = "CONSUL_CAPATH";
  static final String CLIENT_CERT = "CONSUL_CLIENT_CERT";
  static final String CLIENT_KEY = "CONSUL_CLIENT_KEY";
  private static final int MOST = 1000;

  /** Reads the files; the message of a failure is one line: which variable, which file, what. */
  static TlsFiles read(TlsOptions options) throws IOException {
    if (options.clientCertificate().isPresent() != options.clientKey().isPresent()) {
      throw new IOException(
          "of " + CLIENT_CERT + " and " + CLIENT_KEY + " only one is set: set both");
    }
    return new TlsFiles(
        authorities(options),
        file(CLIENT_CERT, options.clientCertificate()),
        file(CLIENT_KEY, options.clientKey()));
  }

  private static Optional<PemFile> file(String variable, Optional<Path> path) throws IOException {
    return path.isEmpty() ? Optional.empty() : Optional.of(PemFile.read(variable, path.get()));
  }

  private static List<PemFile> authorities(TlsOptions options) throws IOException {
    if (options.caFile().isPresent()) {
      return List.of(PemFile.read(CA_CERT, options.caFile().get()));
    }
    if (options.caPath().isEmpty()) {
      return List.of();
    }
    Path directory = options.caPath().get();
    List<Path> paths = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (!entry.getFileName().toString().startsWith(".") && Files.isRegularFile(entry)) {
          paths.add(entry);
        }
      }
    } catch (NotDirectoryException e) {
      throw PemFile.unusable(CA_PATH, directory, "it is no directory");
    } catch (IOException e) {
      throw PemFile.unusable(CA_PATH, directory, "it cannot be listed");
    }
    if (paths.isEmpty() || paths.size() > MOST) {
      throw PemFile.unusable(CA_PATH, directory, "it holds " + paths.size() + " files");
    }
    paths.sort(null);
    List<PemFile> files = new ArrayList<>();
    for (Path path : paths) {
      files.add(PemFile.read(CA_PATH, path));
    }
    return List.copyOf(files);
  }

  /** Makes of the files what connections are made with; failures are as those of reading. */
  SSLContext context(boolean verify) throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys(), verify ? trust() : new TrustManager[] {new TrustAllManager()}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS: " + e.getMessage(), e);
    }
  }

  private TrustManager @Nullable [] trust() throws IOException, GeneralSecurityException {
    if (authorities.isEmpty()) {
      return null; // JSSE takes the JVM's
    }
    KeyStore store = emptyStore();
    for (PemFile file : authorities) {
      for (X509Certificate certificate : file.take(Pem::certificates)) {
        store.setCertificateEntry("ca-" + store.size(), certificate);
      }
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    return factory.getTrustManagers();
  }

  private KeyManager @Nullable [] keys() throws IOException, GeneralSecurityException {
    if (certificate.isEmpty() || key.isEmpty()) {
      return null;
    }
    List<X509Certificate> chain = certificate.get().take(Pem::certificates);
    PrivateKey privateKey = key.get().take(PemPrivateKey::read);
    if (!PemPrivateKey.belongTogether(privateKey, chain.get(0).getPublicKey())) {
      throw PemFile.unusable(
          CLIENT_KEY,
          key.get().path(),
          "it is not the key of the certificate in " + certificate.get().path());
    }
    KeyStore store = emptyStore();
    char[] none = {};
    store.setKeyEntry("client", privateKey, none, chain.toArray(X509Certificate[]::new));
    KeyManagerFactory factory = KeyManagerFactory.getInstance("NewSunX509");
    factory.init(store, none);
    return factory.getKeyManagers();
  }

  private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }
}
