package dev.rollcall.discovery.internal.tls;

import dev.rollcall.discovery.internal.tls.Pem.Part;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Private keys of PEM texts: PKCS#8, which the JDK reads, and the two older forms that openssl
 * writes, which are PKCS#8 without its envelope. No failure holds anything of the key.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5208#section-5">PKCS#8</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5915#section-3">SEC 1 keys</a>
 */
final class PemPrivateKey {

  private static final byte[] VERSION = Der.of(Der.INTEGER, new byte[] {0});
  private static final byte[] RSA = HexFormat.of().parseHex("06092a864886f70d0101010500");
  private static final byte[] EC = HexFormat.of().parseHex("06072a8648ce3d0201");
  private static final int CURVE = 0xa0;

  private PemPrivateKey() {}

  /** The one key of a text. */
  static PrivateKey read(String text) throws IOException {
    for (Part part : Pem.parts(text)) {
      if (part.label().endsWith("PRIVATE KEY")) {
        return key(part);
      }
    }
    throw new IOException("it holds no private key");
  }

  private static PrivateKey key(Part part) throws IOException {
    return switch (part.label()) {
      case "PRIVATE KEY" -> pkcs8(part.bytes());
      case "RSA PRIVATE KEY" -> pkcs8(enveloped(RSA, part.bytes()));
      case "EC PRIVATE KEY" -> sec1(part.bytes());
      case "ENCRYPTED PRIVATE KEY" -> throw new IOException("its key has a pass phrase");
      default -> throw new IOException("it holds a key of another kind than RSA and EC");
    };
  }

  private static PrivateKey sec1(byte[] key) throws IOException {
    Optional<byte[]> curve;
    try {
      curve = Der.find(key, CURVE);
    } catch (IOException e) {
      throw new IOException("its key is garbled");
    }
    if (curve.isEmpty()) {
      throw new IOException("its key does not tell its curve");
    }
    byte[] algorithm = new byte[EC.length + curve.get().length];
    System.arraycopy(EC, 0, algorithm, 0, EC.length);
    System.arraycopy(curve.get(), 0, algorithm, EC.length, curve.get().length);
    return pkcs8(enveloped(algorithm, key));
  }

  private static byte[] enveloped(byte[] algorithm, byte[] key) {
    return Der.of(
        Der.SEQUENCE, VERSION, Der.of(Der.SEQUENCE, algorithm), Der.of(Der.OCTET_STRING, key));
  }

  private static PrivateKey pkcs8(byte[] key) throws IOException {
    PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(key);
    try {
      return KeyFactory.getInstance("RSA").generatePrivate(spec);
    } catch (InvalidKeySpecException notRsa) {
      return ec(spec);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM has no RSA", e);
    }
  }

  private static PrivateKey ec(PKCS8EncodedKeySpec spec) throws IOException {
    try {
      return KeyFactory.getInstance("EC").generatePrivate(spec);
    } catch (InvalidKeySpecException e) {
      throw new IOException("its key is garbled, or neither RSA nor EC");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM has no EC", e);
    }
  }

  /** Whether a private and a public key belong together: what one signs, the other verifies. */
  static boolean belongTogether(PrivateKey key, PublicKey certified) {
    if (!key.getAlgorithm().equals(certified.getAlgorithm())) {
      return false;
    }
    byte[] probe = {1, 2, 3};
    try {
      Signature signature =
          Signature.getInstance(
              key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA");
      signature.initSign(key);
      signature.update(probe);
      byte[] signed = signature.sign();
      signature.initVerify(certified);
      signature.update(probe);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
