package dev.rollcall.measure.faults;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** TLS by a directory of {@code ca.pem}, {@code cert.pem} and {@code key.pem}, as Consul makes. */
final class PemFiles {
  private static final char[] NO_PASSWORD = {};

  /** What stands before a key of P-256 in PKCS #8: version, algorithm and curve. */
  private static final byte[] P256 =
      HexFormat.of().parseHex("020100301306072a8648ce3d020106082a8648ce3d030107");

  private PemFiles() {}

  static SSLContext context(Path directory) {
    try {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, NO_PASSWORD);
      trusted.setCertificateEntry("ca", certificate(directory.resolve("ca.pem")));
      KeyStore own = KeyStore.getInstance("PKCS12");
      own.load(null, NO_PASSWORD);
      own.setKeyEntry(
          "operator",
          key(directory.resolve("key.pem")),
          NO_PASSWORD,
          new Certificate[] {certificate(directory.resolve("cert.pem"))});
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(own, NO_PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("no TLS by the files in " + directory, e);
    }
  }

  private static Certificate certificate(Path file) throws GeneralSecurityException, IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  /** Consul writes {@code EC PRIVATE KEY}, which the JDK takes only when wrapped. */
  static PrivateKey key(Path file) throws GeneralSecurityException, IOException {
    String text = Files.readString(file);
    byte[] der = Base64.getMimeDecoder().decode(text.replaceAll("-----[^-]+-----", ""));
    if (text.contains("BEGIN EC PRIVATE KEY")) {
      ByteArrayOutputStream inner = new ByteArrayOutputStream();
      inner.write(P256);
      inner.write(element(0x04, der));
      der = element(0x30, inner.toByteArray());
    }
    return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
  }

  private static byte[] element(int tag, byte[] content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (content.length > 127) {
      out.write(0x81);
    }
    out.write(content.length);
    out.write(content);
    return out.toByteArray();
  }
}
