package dev.rollcall.discovery.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PemPrivateKeyTest {

  private static final KeyPair RSA = TestAuthority.rsaKeys();
  private static final KeyPair EC = TestAuthority.ecKeys();

  @Test
  void keysInPkcs8AreRead() throws IOException {
    for (KeyPair keys : List.of(RSA, EC)) {
      String pem = TestAuthority.pem("PRIVATE KEY", keys.getPrivate().getEncoded());
      assertThat(PemPrivateKey.read("Bag Attributes: none\r\n" + pem.replace("\n", "\r\n")))
          .isEqualTo(keys.getPrivate());
    }
  }

  @Test
  void anRsaKeyInPkcs1IsRead() throws IOException {
    byte[] inner = PemPrivateKey.find(RSA.getPrivate().getEncoded(), PemPrivateKey.OCTET_STRING);
    assertThat(PemPrivateKey.read(TestAuthority.pem("RSA PRIVATE KEY", inner)))
        .isEqualTo(RSA.getPrivate());
  }

  @Test
  void anEcKeyWithoutItsCurveIsRefused() throws IOException {
    byte[] inner = PemPrivateKey.find(EC.getPrivate().getEncoded(), PemPrivateKey.OCTET_STRING);
    String pem = TestAuthority.pem("EC PRIVATE KEY", inner);
    assertThatIOException()
        .isThrownBy(() -> PemPrivateKey.read(pem))
        .withMessage("its key does not tell its curve");
  }

  @ParameterizedTest
  @CsvSource({
    "genrsa %s 2048, RSA",
    "genrsa -traditional %s 2048, RSA",
    "ecparam -name prime256v1 -genkey %s, EC",
    "ecparam -name secp384r1 -genkey -noout %s, EC",
    "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 %s, EC",
  })
  @EnabledIf("opensslIsThere")
  void keysOfOpensslAreReadAndFitTheirPublicKeys(
      String command, String algorithm, @TempDir Path dir) throws Exception {
    Path key = dir.resolve("key.pem");
    openssl(command.replace("%s", "-out " + key));
    Path request = dir.resolve("self.pem");
    openssl("req -x509 -new -subj /CN=self -days 1 -key " + key + " -out " + request);

    PrivateKey read = PemPrivateKey.read(Files.readString(key));
    assertThat(read.getAlgorithm()).isEqualTo(algorithm);
    var certified = Pem.certificates(Files.readString(request)).get(0).getPublicKey();
    assertThat(PemPrivateKey.belongTogether(read, certified)).isTrue();
    assertThat(PemPrivateKey.belongTogether(RSA.getPrivate(), certified)).isFalse();
    assertThat(PemPrivateKey.belongTogether(EC.getPrivate(), certified)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"-traditional", ""})
  @EnabledIf("opensslIsThere")
  void keysWithAPassPhraseAreRefusedAsThat(String form, @TempDir Path dir) throws Exception {
    Path key = dir.resolve("key.pem");
    openssl("genrsa -aes128 -passout pass:secret " + form + " -out " + key + " 2048");
    assertThatIOException()
        .isThrownBy(() -> PemPrivateKey.read(Files.readString(key)))
        .withMessage("its key has a pass phrase");
  }

  static boolean opensslIsThere() {
    try {
      openssl("version");
      return true;
    } catch (IOException | InterruptedException e) {
      return false;
    }
  }

  private static void openssl(String arguments) throws IOException, InterruptedException {
    String[] words = ("openssl " + arguments).split(" +");
    Process process =
        new ProcessBuilder(words)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IOException("openssl " + arguments);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'', it holds no private key",
    "no PEM at all, it holds no private key",
    "-----BEGIN PRIVATE KEY-----s3cr3t, its PRIVATE KEY has no end",
    "-----BEGIN PRIVATE KEY-----s3cr3t*-----END PRIVATE KEY-----, its PRIVATE KEY is garbled",
    "-----BEGIN s3cr3t, a line of BEGIN is garbled",
    "-----BEGIN PRIVATE KEY-----czNjcjN0-----END PRIVATE KEY-----, 'its key is garbled, or neither RSA nor EC'",
    "-----BEGIN EC PRIVATE KEY-----czNjcjN0-----END EC PRIVATE KEY-----, its key is garbled",
    "-----BEGIN EC PRIVATE KEY-----MIQ/////-----END EC PRIVATE KEY-----, its key is garbled",
    "-----BEGIN DSA PRIVATE KEY-----czNjcjN0-----END DSA PRIVATE KEY-----, it holds a key of another kind than RSA and EC",
  })
  void whatIsNoKeyIsRefusedWithoutRepeatingIt(String text, String why) {
    assertThatIOException()
        .isThrownBy(() -> PemPrivateKey.read(text))
        .withMessage(why)
        .withNoCause();
  }

  @Test
  void nothingShowsTheTextOfAKey() throws IOException {
    String pem = TestAuthority.pem("PRIVATE KEY", EC.getPrivate().getEncoded());
    String secret = pem.lines().toList().get(1);
    CredentialFile file = new CredentialFile("CONSUL_CLIENT_KEY", "key", Path.of("k"), pem);
    assertThat(file.toString() + Pem.parts(pem)).doesNotContain(secret).contains("k");
  }
}
