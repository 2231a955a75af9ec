package dev.rollcall.discovery.internal.tls;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.HexFormat;

/**
 * Private keys of PEM texts: PKCS#8, which the JDK reads, and the two older forms that openssl
 * writes, which are PKCS#8 without its envelope. No failure holds anything of the key.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5208#section-5">PKCS#8</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5915#section-3">SEC 1 keys</a>
 */
final class PemPrivateKey {

  static final int INTEGER = 0x02;
  static final int OCTET_STRING = 0x04;
  static final int SEQUENCE = 0x30;
  private static final int CURVE = 0xa0;
  private static final byte[] VERSION = der(INTEGER, new byte[] {0});
  private static final byte[] RSA = HexFormat.of().parseHex("06092a864886f70d0101010500");
  private static final byte[] EC = HexFormat.of().parseHex("06072a8648ce3d0201");

  private PemPrivateKey() {}

  /** The one key of a text. */
  static PrivateKey read(String text) throws IOException {
    for (Pem part : Pem.parts(text)) {
      if (part.label().endsWith("PRIVATE KEY")) {
        return key(part);
      }
    }
    throw new IOException("it holds no private key");
  }

  private static PrivateKey key(Pem part) throws IOException {
    return switch (part.label()) {
      case "PRIVATE KEY" -> pkcs8(part.bytes());
      case "RSA PRIVATE KEY" -> pkcs8(envelope(RSA, part.bytes()));
      case "EC PRIVATE KEY" -> {
        byte[] curve = find(part.bytes(), CURVE);
        if (curve.length == 0) {
          throw new IOException("its key does not tell its curve");
        }
        yield pkcs8(envelope(concat(EC, curve), part.bytes()));
      }
      case "ENCRYPTED PRIVATE KEY" -> throw new IOException("its key has a pass phrase");
      default -> throw new IOException("it holds a key of another kind than RSA and EC");
    };
  }

  private static byte[] envelope(byte[] algorithm, byte[] key) {
    return der(SEQUENCE, VERSION, der(SEQUENCE, algorithm), der(OCTET_STRING, key));
  }

  private static PrivateKey pkcs8(byte[] key) throws IOException {
    for (String algorithm : new String[] {"RSA", "EC"}) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(key));
      } catch (InvalidKeySpecException e) {
        // Perhaps the other; the exception is not shown, as it may hold some of the key.
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("this JVM has no " + algorithm, e);
      }
    }
    throw new IOException("its key is garbled, or neither RSA nor EC");
  }

  /** Whether a private and a public key belong together: what one signs, the other verifies. */
  static boolean belongTogether(PrivateKey key, PublicKey certified) {
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

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /** A value of the given tag, which holds the given ones, in DER. */
  static byte[] der(int tag, byte[]... contents) {
    byte[] content = concat(contents);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (content.length < 0x80) {
      out.write(content.length);
    } else {
      int octets = (32 - Integer.numberOfLeadingZeros(content.length) + 7) / 8;
      out.write(0x80 | octets);
      for (int i = octets - 1; i >= 0; i--) {
        out.write(content.length >>> (8 * i));
      }
    }
    out.writeBytes(content);
    return out.toByteArray();
  }

  /** The content of the first value of a tag directly inside a sequence; empty if there is none. */
  static byte[] find(byte[] sequence, int tag) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(sequence);
    try {
      if ((in.get() & 0xff) == SEQUENCE) {
        ByteBuffer values = content(in);
        while (values.hasRemaining()) {
          boolean found = (values.get() & 0xff) == tag;
          ByteBuffer value = content(values);
          if (found) {
            byte[] bytes = new byte[value.remaining()];
            value.get(bytes);
            return bytes;
          }
        }
        return new byte[0];
      }
    } catch (BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException e) {
      // It is cut short: said below.
    }
    throw new IOException("its key is garbled");
  }

  /** Reads a length, and steps over as many bytes, which it returns. */
  private static ByteBuffer content(ByteBuffer in) {
    int length = in.get() & 0xff;
    if (length >= 0x80) {
      int octets = length & 0x7f;
      length = 0;
      for (int i = 0; i < octets; i++) {
        length = (length << 8) | (in.get() & 0xff);
      }
    }
    ByteBuffer content = in.slice(in.position(), length);
    in.position(in.position() + length);
    return content;
  }
}
