package dev.rollcall.discovery.internal.tls;

import java.io.IOException;
import java.net.Socket;
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
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS as the PEM files say at the moment. Files that cannot be used, as they are for a moment when
 * they are being replaced, leave in force what was read before. Thread-safe.
 */
public final class ReloadingSslContext {

  private static final Logger log = LoggerFactory.getLogger(ReloadingSslContext.class);
  private static final String CA_CERT = "CONSUL_CACERT";
  private static final String CA_PATH = "CONSUL_CAPATH";
  private static final String CLIENT_CERT = "CONSUL_CLIENT_CERT";
  private static final String CLIENT_KEY = "CONSUL_CLIENT_KEY";
  private static final int LONGEST_FILE = 1024 * 1024;
  private static final int MOST_FILES = 1000;

  /**
   * What all the files held when they were read. Two are equal if nothing has changed.
   *
   * @param authorities the CA certificates; none for the JVM's
   */
  private record Contents(
      List<CredentialFile> authorities,
      Optional<CredentialFile> certificate,
      Optional<CredentialFile> key) {}

  private final Optional<Path> caFile;
  private final Optional<Path> caPath;
  private final Optional<Path> certificate;
  private final Optional<Path> key;
  private final Optional<String> serverName;
  private final boolean verify;
  private final @Nullable SSLContext fixed;
  private @Nullable Contents contents;
  private @Nullable SSLContext context;
  private @Nullable String complaint;

  /**
   * TLS of some files, none of which is read yet.
   *
   * @param caFile CA certificates, in place of the JVM's; wins over {@code caPath}
   * @param caPath a directory of such files
   * @param certificate this client's, with its intermediates
   * @param key its key
   * @param serverName the name that the peer's certificate must hold, in place of its host's
   * @param verify whether the peer's certificate is checked
   */
  public ReloadingSslContext(
      Optional<Path> caFile,
      Optional<Path> caPath,
      Optional<Path> certificate,
      Optional<Path> key,
      Optional<String> serverName,
      boolean verify) {
    this(caFile, caPath, certificate, key, serverName, verify, null);
  }

  /**
   * TLS as the application's own context says; no file is read.
   *
   * @param serverName as in the other constructor
   * @param verify whether the peer's certificate must hold the name
   */
  public ReloadingSslContext(SSLContext fixed, Optional<String> serverName, boolean verify) {
    this(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        serverName,
        verify,
        fixed);
  }

  private ReloadingSslContext(
      Optional<Path> caFile,
      Optional<Path> caPath,
      Optional<Path> certificate,
      Optional<Path> key,
      Optional<String> serverName,
      boolean verify,
      @Nullable SSLContext fixed) {
    this.caFile = caFile;
    this.caPath = caPath;
    this.certificate = certificate;
    this.key = key;
    this.serverName = serverName;
    this.verify = verify;
    this.fixed = fixed;
  }

  public Optional<String> serverName() {
    return serverName;
  }

  public boolean verify() {
    return verify;
  }

  /**
   * What to make the next connection with.
   *
   * @throws IOException if the files have never held what can be used; one line that names the
   *     variable and the file, and tells what to do
   */
  public synchronized SSLContext context() throws IOException {
    if (fixed != null) {
      return fixed;
    }
    SSLContext known = context;
    try {
      Contents now = read();
      if (known != null && now.equals(contents)) {
        usableAgain("hold again what they held");
        return known;
      }
      SSLContext fresh = context(now);
      usableAgain("can be used again");
      if (known != null) {
        log.info("TLS: the files have changed; new connections use what they hold now");
      }
      contents = now;
      context = fresh;
      return fresh;
    } catch (IOException e) {
      if (known == null) {
        throw e;
      }
      if (!String.valueOf(e.getMessage()).equals(complaint)) {
        complaint = String.valueOf(e.getMessage());
        log.warn("TLS: {}; going on with what was read before", complaint);
      }
      return known;
    }
  }

  private void usableAgain(String how) {
    if (complaint != null) {
      complaint = null;
      log.info("TLS: the files {}", how);
    }
  }

  private Contents read() throws IOException {
    if (certificate.isPresent() != key.isPresent()) {
      throw new IOException(
          "of " + CLIENT_CERT + " and " + CLIENT_KEY + " only one is set: set both");
    }
    return new Contents(authorities(), file(CLIENT_CERT, certificate), file(CLIENT_KEY, key));
  }

  private static Optional<CredentialFile> file(String variable, Optional<Path> path)
      throws IOException {
    return path.isEmpty() ? Optional.empty() : Optional.of(file(variable, path.get()));
  }

  private static CredentialFile file(String variable, Path path) throws IOException {
    return CredentialFile.read(variable, wanted(variable), path, LONGEST_FILE);
  }

  private static String wanted(String variable) {
    return switch (variable) {
      case CLIENT_KEY -> "PEM file of an RSA or EC key without a pass phrase";
      case CLIENT_CERT -> "PEM file of this client's certificate";
      case CA_PATH -> "directory of PEM files of CA certificates";
      default -> "PEM file of CA certificates";
    };
  }

  private List<CredentialFile> authorities() throws IOException {
    if (caFile.isPresent() || caPath.isEmpty()) {
      return file(CA_CERT, caFile).stream().toList();
    }
    Path directory = caPath.get();
    List<Path> paths = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (!entry.getFileName().toString().startsWith(".") && Files.isRegularFile(entry)) {
          paths.add(entry);
        }
      }
    } catch (NotDirectoryException e) {
      throw unusable(CA_PATH, directory, "it is no directory");
    } catch (IOException e) {
      throw unusable(CA_PATH, directory, "it cannot be listed");
    }
    if (paths.isEmpty() || paths.size() > MOST_FILES) {
      throw unusable(CA_PATH, directory, "it holds " + paths.size() + " files");
    }
    paths.sort(null);
    List<CredentialFile> files = new ArrayList<>();
    for (Path path : paths) {
      files.add(file(CA_PATH, path));
    }
    return files;
  }

  private static IOException unusable(String variable, Path path, String why) {
    return CredentialFile.unusable(variable, wanted(variable), path, why);
  }

  private SSLContext context(Contents of) throws IOException {
    try {
      SSLContext made = SSLContext.getInstance("TLS");
      made.init(keys(of), verify ? trust(of) : new TrustManager[] {new TrustAllManager()}, null);
      return made;
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS: " + e.getMessage(), e);
    }
  }

  private static TrustManager @Nullable [] trust(Contents of)
      throws IOException, GeneralSecurityException {
    if (of.authorities.isEmpty()) {
      return null; // JSSE takes the JVM's
    }
    KeyStore store = emptyStore();
    for (CredentialFile file : of.authorities) {
      for (X509Certificate authority : file.parse(Pem::certificates)) {
        store.setCertificateEntry("ca-" + store.size(), authority);
      }
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    return factory.getTrustManagers();
  }

  private static KeyManager @Nullable [] keys(Contents of)
      throws IOException, GeneralSecurityException {
    if (of.certificate.isEmpty() || of.key.isEmpty()) {
      return null;
    }
    List<X509Certificate> chain = of.certificate.get().parse(Pem::certificates);
    PrivateKey privateKey = of.key.get().parse(PemPrivateKey::read);
    if (!PemPrivateKey.belongTogether(privateKey, chain.get(0).getPublicKey())) {
      throw unusable(
          CLIENT_KEY,
          of.key.get().path(),
          "it is not the key of the certificate in " + of.certificate.get().path());
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

  /** Trusts everybody, where the user has said so. */
  private static final class TrustAllManager extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
