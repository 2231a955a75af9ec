package dev.rollcall.discovery.internal.tls;

import static dev.rollcall.discovery.internal.tls.PemPrivateKey.der;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;

/** Issues certificates for the time of a test. */
public final class TestAuthority {

  private static final byte[] ECDSA_SHA256 =
      der(PemPrivateKey.SEQUENCE, HexFormat.of().parseHex("06082a8648ce3d040302"));
  private static final byte[] COMMON_NAME = HexFormat.of().parseHex("0603550403");
  private static final byte[] BASIC_CONSTRAINTS = HexFormat.of().parseHex("0603551d13");
  private static final byte[] ALTERNATIVE_NAMES = HexFormat.of().parseHex("0603551d11");
  private static final byte[] TRUE = der(0x01, new byte[] {-1});

  private final String name;
  private final KeyPair keys = ecKeys();

  public TestAuthority(String name) {
    this.name = name;
  }

  /** A certificate with its key. */
  public record Issued(String certificate, KeyPair keys) {

    /** The key as PKCS#8. */
    public String key() {
      return pem("PRIVATE KEY", keys.getPrivate().getEncoded());
    }

    /** Writes both into files, and returns the directory that holds them. */
    public Path writeTo(Path directory, String name) {
      write(directory.resolve(name + ".pem"), certificate);
      write(directory.resolve(name + "-key.pem"), key());
      return directory;
    }
  }

  /** The authority's own certificate. */
  public String certificate() {
    return certificate(
        name,
        keys,
        extension(
            BASIC_CONSTRAINTS,
            TRUE,
            der(PemPrivateKey.OCTET_STRING, der(PemPrivateKey.SEQUENCE, TRUE))));
  }

  /** A certificate of one who has these names: IP addresses and host names. */
  public Issued issue(String subject, String... names) {
    return issue(subject, ecKeys(), names);
  }

  /** A certificate for given keys. */
  public Issued issue(String subject, KeyPair theirs, String... names) {
    byte[][] encoded = new byte[names.length][];
    for (int i = 0; i < names.length; i++) {
      encoded[i] = alternativeName(names[i]);
    }
    byte[] san =
        extension(
            ALTERNATIVE_NAMES,
            der(PemPrivateKey.OCTET_STRING, der(PemPrivateKey.SEQUENCE, encoded)));
    return new Issued(certificate(subject, theirs, san), theirs);
  }

  private String certificate(String subject, KeyPair theirs, byte[] extension) {
    byte[] body =
        der(
            PemPrivateKey.SEQUENCE,
            der(0xa0, der(PemPrivateKey.INTEGER, new byte[] {2})),
            der(PemPrivateKey.INTEGER, new BigInteger(63, new SecureRandom()).toByteArray()),
            ECDSA_SHA256,
            distinguished(name),
            der(PemPrivateKey.SEQUENCE, time(Duration.ofHours(-1)), time(Duration.ofHours(24))),
            distinguished(subject),
            theirs.getPublic().getEncoded(),
            der(0xa3, der(PemPrivateKey.SEQUENCE, extension)));
    return pem(
        "CERTIFICATE",
        der(PemPrivateKey.SEQUENCE, body, ECDSA_SHA256, der(0x03, new byte[] {0}, sign(body))));
  }

  private byte[] sign(byte[] body) {
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(keys.getPrivate());
      signature.update(body);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] distinguished(String commonName) {
    byte[] text = der(0x0c, commonName.getBytes(StandardCharsets.UTF_8));
    return der(PemPrivateKey.SEQUENCE, der(0x31, der(PemPrivateKey.SEQUENCE, COMMON_NAME, text)));
  }

  private static byte[] extension(byte[]... parts) {
    return der(PemPrivateKey.SEQUENCE, parts);
  }

  private static byte[] alternativeName(String name) {
    if (!name.matches("[0-9.]+")) {
      return der(0x82, name.getBytes(StandardCharsets.US_ASCII));
    }
    try {
      return der(0x87, InetAddress.getByName(name).getAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] time(Duration fromNow) {
    String text =
        DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'")
            .format(Instant.now().plus(fromNow).atOffset(ZoneOffset.UTC));
    return der(0x17, text.getBytes(StandardCharsets.US_ASCII));
  }

  public static KeyPair ecKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  public static KeyPair rsaKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  public static String pem(String label, byte[] bytes) {
    String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    return "-----BEGIN " + label + "-----\n" + lines + "\n-----END " + label + "-----\n";
  }

  public static Path write(Path file, String text) {
    try {
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
