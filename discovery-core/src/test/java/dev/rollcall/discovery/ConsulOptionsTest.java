package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.rollcall.discovery.internal.tls.TestAuthority;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConsulOptionsTest {

  @ParameterizedTest
  @CsvSource({
    "'', http://127.0.0.1:8500",
    "consul:8500, http://consul:8500",
    "consul, http://consul:8500",
    "198.18.0.3:9000, http://198.18.0.3:9000",
    "[::1]:8500, http://[::1]:8500",
    "http://consul:8500, http://consul:8500",
    "https://consul:8501, https://consul:8501",
    "https://consul, https://consul:443",
    "http://consul/under/path, http://consul:80/under/path",
    "'  consul:8500 ', http://consul:8500",
    "my_consul:8500, http://my_consul:8500",
    "my_consul, http://my_consul:8500",
    "https://my_consul/under, https://my_consul:443/under",
  })
  void theAddressIsReadAsTheConsulCommandReadsIt(String value, URI address) {
    assertThat(ConsulOptions.fromEnvironment(Map.of("CONSUL_HTTP_ADDR", value)).address())
        .isEqualTo(address);
  }

  @ParameterizedTest
  @CsvSource({
    "1, consul:8500, https://consul:8500",
    "true, consul:8500, https://consul:8500",
    "false, consul:8500, http://consul:8500",
    "true, http://consul:8501, https://consul:8501",
    "true, http://consul, https://consul:443",
    "T, https://consul, https://consul:443",
    "false, https://consul:8501, https://consul:8501",
  })
  void whoAsksForTlsGetsIt(String ssl, String value, URI address) {
    Map<String, String> environment = Map.of("CONSUL_HTTP_ADDR", value, "CONSUL_HTTP_SSL", ssl);
    assertThat(ConsulOptions.fromEnvironment(environment).address()).isEqualTo(address);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "not a url",
        "ftp://consul:8500",
        "unix://var/run/consul.sock",
        "unix:consul.sock",
        "unix:///",
        "unix:///run/consul/",
        "http://",
        "consul:port",
        "consul:99999",
        "http://consul:8500?x=1",
        "http://con\nsul:8500",
        "a:1,",
        "a:1,,b:2",
        "ftp://b:2,a:1",
      })
  void aWrongAddressIsOneLineThatNamesVariableValueAndWhatIsWanted(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ConsulOptions.fromEnvironment(Map.of("CONSUL_HTTP_ADDR", value)))
        .satisfies(
            e ->
                assertThat(e.getMessage())
                    .contains("CONSUL_HTTP_ADDR", value.substring(0, 3), "http://host:port")
                    .doesNotContain("\n"));
  }

  @Test
  void severalAgentsMayBeListed() {
    String value = "consul-1:8500, https://consul-2,[::1]:8500";
    ConsulOptions options = ConsulOptions.fromEnvironment(Map.of("CONSUL_HTTP_ADDR", value));
    assertThat(options.addresses())
        .containsExactly(
            URI.create("http://consul-1:8500"),
            URI.create("https://consul-2:443"),
            URI.create("http://[::1]:8500"));
    assertThat(options.address()).isEqualTo(URI.create("http://consul-1:8500"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a:8500,a:8500", "a:80,b:80,http://a", "a:8500,a:8500/"})
  void anAgentIsListedOnceOnly(String value) {
    Map<String, String> environment = Map.of("CONSUL_HTTP_ADDR", value);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ConsulOptions.fromEnvironment(environment))
        .withMessageStartingWith("CONSUL_HTTP_ADDR is ")
        .withMessageEndingWith("but must be: named once only");
  }

  @Test
  void aUserForAProxyIsReadAsTheConsulCommandReadsIt() {
    assertThat(auth("user:p:w")).isEqualTo("user:p:w");
    assertThat(auth("user")).isEqualTo("user:");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> auth(":s3cr3t"))
        .withMessage("CONSUL_HTTP_AUTH must be: user:password, on one line");
    ConsulOptions options = ConsulOptions.fromEnvironment(Map.of("CONSUL_HTTP_AUTH", "u:s3cr3t"));
    assertThat(options.toString()).doesNotContain("s3cr3t");
  }

  private static String auth(String value) {
    return ConsulOptions.fromEnvironment(Map.of("CONSUL_HTTP_AUTH", value))
        .basicAuth()
        .orElseThrow();
  }

  @Test
  void anAgentMayBeAtAUnixSocketAlsoBesideOthers() {
    assertThat(
            ConsulOptions.fromEnvironment(
                    Map.of("CONSUL_HTTP_ADDR", "unix:///run/consul.sock,consul:8500"))
                .addresses())
        .containsExactly(URI.create("unix:///run/consul.sock"), URI.create("http://consul:8500"));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                ConsulOptions.fromEnvironment(
                    Map.of("CONSUL_HTTP_ADDR", "unix:///run/consul,unix:///run/consul")))
        .withMessageEndingWith("named once only");
  }

  @Test
  void namespaceAndPartitionAreRead() {
    ConsulOptions options =
        ConsulOptions.fromEnvironment(
            Map.of("CONSUL_NAMESPACE", "team-1", "CONSUL_PARTITION", "part_2"));
    assertThat(options.namespace()).contains("team-1");
    assertThat(options.partition()).contains("part_2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ConsulOptions.fromEnvironment(Map.of("CONSUL_NAMESPACE", "a\r\nb: c")))
        .withMessageStartingWith("CONSUL_NAMESPACE is ")
        .withMessageEndingWith("letters, digits, _ and -, at most 64");
  }

  @Test
  void eachVariableThatIsNotUsedIsNamedOnce() {
    Map<String, String> environment =
        Map.of("CONSUL_LICENSE", "x", "CONSUL_GRPC_ADDR", "h:8502", "CONSUL_HCP_ENABLED", "");
    try (LogCapture logged = new LogCapture()) {
      ConsulOptions.fromEnvironment(environment);
      ConsulOptions.fromEnvironment(environment);
      assertThat(logged.lines())
          .containsExactly(
              "WARN CONSUL_GRPC_ADDR is set but not used: only Consul's HTTP API is used",
              "WARN CONSUL_LICENSE is set but not used: only a Consul agent reads it");
    }
  }

  @Test
  void secretsAreNotRepeated() {
    for (Map<String, String> environment :
        List.of(
            Map.of("CONSUL_HTTP_ADDR", "http://me:s3cr3t@consul:8500"),
            Map.of("CONSUL_HTTP_TOKEN", "s3cr3t with space"))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ConsulOptions.fromEnvironment(environment))
          .satisfies(e -> assertThat(e.toString()).doesNotContain("s3cr3t"));
    }
  }

  @Test
  void theTokenOfTheEnvironmentIsUsed() {
    ConsulOptions options = ConsulOptions.fromEnvironment(Map.of("CONSUL_HTTP_TOKEN", "t"));
    assertThat(options.token().get()).contains("t");
    assertThat(ConsulOptions.fromEnvironment(Map.of()).token().get()).isEmpty();
  }

  @Test
  void tlsIsReadAsTheConsulCommandReadsIt(@TempDir Path dir) {
    TestAuthority authority = new TestAuthority("ca");
    Path ca = TestAuthority.write(dir.resolve("ca.pem"), authority.certificate());
    authority.issue("client").writeTo(dir, "client");
    ConsulOptions options =
        ConsulOptions.fromEnvironment(
            Map.of(
                "CONSUL_CACERT", ca.toString(),
                "CONSUL_CAPATH", dir.toString(),
                "CONSUL_CLIENT_CERT", dir.resolve("client.pem").toString(),
                "CONSUL_CLIENT_KEY", dir.resolve("client-key.pem").toString(),
                "CONSUL_TLS_SERVER_NAME", "server.dc1.consul",
                "CONSUL_HTTP_SSL_VERIFY", "f"));
    assertThat(options.tls())
        .isEqualTo(
            TlsOptions.defaults()
                .caFile(ca)
                .caPath(dir)
                .client(dir.resolve("client.pem"), dir.resolve("client-key.pem"))
                .serverName("server.dc1.consul")
                .withoutVerification());
    assertThat(ConsulOptions.fromEnvironment(Map.of()).tls()).isEqualTo(TlsOptions.defaults());
  }

  @Test
  void filesOfTlsAreReadWhenTheOptionsAreMade(@TempDir Path dir) {
    ConsulOptions.Builder builder =
        ConsulOptions.builder().tls(TlsOptions.defaults().caFile(dir.resolve("ca.pem")));
    assertThatIllegalArgumentException()
        .isThrownBy(builder::build)
        .withMessageContaining("there is no such file");
    TestAuthority.write(dir.resolve("ca.pem"), new TestAuthority("ca").certificate());
    assertThat(builder.build().tls().caFile()).contains(dir.resolve("ca.pem"));
  }

  @Test
  void aTokenIsGivenAsItIsOrInAFile(@TempDir Path dir) throws IOException {
    assertThat(ConsulOptions.builder().token("s3cr3t").build().token().get()).contains("s3cr3t");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ConsulOptions.builder().token("s3cr3t and more"))
        .withMessage("token must be: printable ASCII without spaces");

    Path file = dir.resolve("token");
    ConsulOptions options = ConsulOptions.builder().tokenFile(file).build();
    Files.writeString(file, "first\n");
    assertThat(options.token().get()).contains("first");
    Files.writeString(file, "second\n");
    assertThat(options.token().get()).contains("second");
  }

  @ParameterizedTest
  @CsvSource({
    "CONSUL_CACERT, nowhere.pem, there is no such file",
    "CONSUL_CACERT, garbled.pem, its CERTIFICATE is garbled",
    "CONSUL_CACERT, client-key.pem, it holds no certificate",
    "CONSUL_CACERT, '', Is a directory",
    "CONSUL_CAPATH, nowhere, it cannot be listed",
    "CONSUL_CAPATH, ca.pem, it is no directory",
    "CONSUL_CAPATH, empty, it holds 0 files",
    "CONSUL_CLIENT_CERT, client-key.pem, it holds no certificate",
    "CONSUL_CLIENT_KEY, nowhere.pem, there is no such file",
    "CONSUL_CLIENT_KEY, ca.pem, it holds no private key",
    "CONSUL_CLIENT_KEY, other-key.pem, it is not the key of the certificate in",
    "CONSUL_CLIENT_KEY, huge.pem, it is longer than 1048576 bytes",
  })
  void anUnusableFileIsOneLineThatNamesVariableFileAndWhatIsWanted(
      String variable, String file, String why, @TempDir Path dir) throws IOException {
    TestAuthority authority = new TestAuthority("ca");
    TestAuthority.write(dir.resolve("ca.pem"), authority.certificate());
    TestAuthority.write(dir.resolve("garbled.pem"), TestAuthority.pem("CERTIFICATE", new byte[9]));
    TestAuthority.write(dir.resolve("huge.pem"), "x".repeat(1024 * 1024 + 1));
    authority.issue("client").writeTo(dir, "client");
    authority.issue("other").writeTo(dir, "other");
    Files.createDirectory(dir.resolve("empty"));
    Map<String, String> environment =
        new HashMap<>(
            Map.of(
                "CONSUL_CLIENT_CERT", dir.resolve("client.pem").toString(),
                "CONSUL_CLIENT_KEY", dir.resolve("client-key.pem").toString()));
    environment.put(variable, dir.resolve(file).toString());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ConsulOptions.fromEnvironment(environment))
        .satisfies(
            e ->
                assertThat(e.getMessage())
                    .startsWith(variable + ": cannot use " + dir.resolve(file) + ": " + why)
                    .contains("; name a readable ")
                    .doesNotContain("\n"));
  }

  @Test
  void aCertificateWithoutItsKeyAndAFlagThatIsNoneAreRefused(@TempDir Path dir) {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> ConsulOptions.fromEnvironment(Map.of("CONSUL_CLIENT_CERT", dir.toString())))
        .withMessage("of CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY only one is set: set both");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> ConsulOptions.fromEnvironment(Map.of("CONSUL_HTTP_SSL_VERIFY", "perhaps")))
        .withMessage("CONSUL_HTTP_SSL_VERIFY is \"perhaps\" but must be: true or false");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ConsulOptions.fromEnvironment(Map.of("CONSUL_TLS_SERVER_NAME", "a b")))
        .withMessage("CONSUL_TLS_SERVER_NAME is \"a b\" but must be: a host name");
  }

  @Test
  void whereOthersReachThisProcessIsReadToo() {
    ConsulOptions options =
        ConsulOptions.fromEnvironment(
            Map.of("SERVICE_ADDRESS", "198.18.0.5", "SERVICE_NETWORK", "203.0.113.0/24"));
    assertThat(options.serviceAddress()).contains("198.18.0.5");
    assertThat(options.serviceNetwork()).contains("203.0.113.0/24");
    assertThat(ConsulOptions.fromEnvironment(Map.of()).serviceAddress()).isEmpty();
    assertThat(ConsulOptions.fromEnvironment(Map.of()).serviceNetwork()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "SERVICE_ADDRESS, a b, 'but must be: an IP address or a host name'",
    "SERVICE_NETWORK, eth0, 'but must be: a network such as 10.0.0.0/8 or fd00::/8'",
    "SERVICE_NETWORK, 203.0.113.0/24, ', but no address of this machine is in it: it has '",
  })
  void anAddressThatCannotBeIsOneLineThatNamesTheVariable(
      String variable, String value, String why) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ConsulOptions.fromEnvironment(Map.of(variable, value)))
        .withMessageStartingWith(variable + " is \"" + value + "\"")
        .withMessageContaining(why)
        .withMessageNotContaining("\n");
  }

  @Test
  void boundsAreChecked() {
    ConsulOptions.Builder builder = ConsulOptions.builder();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.waitTime(Duration.ofMinutes(11)))
        .withMessage("waitTime is \"PT11M\" but must be: PT1S to PT10M");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.callTimeout(Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.answerLimit(1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.address(URI.create("consul:8500")));
  }
}
