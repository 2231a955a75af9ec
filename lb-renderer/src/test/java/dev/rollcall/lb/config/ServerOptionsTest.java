package dev.rollcall.lb.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerOptionsTest {

  @ParameterizedTest
  @CsvSource({
    "'',                             weight 1",
    "check,                          check weight 1",
    "inter 2s check weight 10,       check inter 2s weight 10",
    "inter 2s fall 3 inter 5s,       fall 3 inter 5s weight 1",
    "check backup no-check,          backup weight 1",
    "check ssl no-ssl check enabled, check weight 1",
    "weight 5 weight 256,            weight 256",
    "maxconn 100 disabled,           maxconn 100 weight 1",
    "ssl check,                      check check-ssl ssl weight 1",
    "check ssl no-check-ssl,         check ssl weight 1",
    "check no-check-ssl check-ssl ssl, check check-ssl ssl weight 1",
    "ssl check port 81,              check port 81 ssl weight 1",
    "ssl check port 81 check-ssl,    check check-ssl port 81 ssl weight 1",
    "ssl check addr 10.0.0.1,        addr 10.0.0.1 check ssl weight 1",
    "ssl,                            ssl weight 1",
    "send-proxy check,               check check-send-proxy send-proxy weight 1",
    "send-proxy-v2-ssl-cn check,     check check-send-proxy send-proxy-v2-ssl-cn weight 1",
    "send-proxy check no-check-send-proxy, check check-send-proxy send-proxy weight 1",
    "send-proxy check port 81,       check port 81 send-proxy weight 1",
    "no-ssl-reuse,                   no-ssl-reuse weight 1",
    "no-ssl-reuse ssl-reuse,         weight 1",
    "tls-tickets no-tls-tickets,     no-tls-tickets weight 1",
    "no-tls-tickets tls-tickets,     tls-tickets weight 1",
    "source 10.0.0.1 usesrc clientip interface eth0 check, check source 10.0.0.1 usesrc clientip"
        + " interface eth0 weight 1",
    "'proxy-v2-options ssl,crc32c send-proxy-v2', 'proxy-v2-options ssl,crc32c send-proxy-v2 weight"
        + " 1'",
    "'ssl verify none sni str(a.b),lower', 'sni str(a.b),lower ssl verify none weight 1'",
  })
  void laterOptionsOverrideEarlierOnes(String words, String written) {
    assertThat(String.join(" ", fold(words).words())).isEqualTo(written);
  }

  @Test
  void readsDisabled() {
    assertThat(fold("disabled").disabled()).isTrue();
    assertThat(fold("disabled enabled").disabled()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "resolvers dns,      'option \"resolvers\" is not one to add at run time'",
    "track be/web-1,     'option \"track\" is not one to add at run time'",
    "init-addr none,     'option \"init-addr\" is not one to add at run time'",
    "socks4 1.1.1.1:9,   'option \"socks4\" is not one to add at run time'",
    "no-inter,           'option \"no-inter\" is not one to add at run time'",
    "max-reuse 7,        'option \"max-reuse\" is not one to add at run time'",
    "id 0,               'option id has the value \"0\", which does not fit it'",
    "source lo,          'option source has the value \"lo\", which does not fit it'",
    "check inter,        'option inter lacks its value'",
    "inter 2;show,       'option inter has the value \"2;show\", which does not fit it'",
    "weight 257,         'option weight has the value \"257\", which does not fit it'",
    "weight -1,          'option weight has the value \"-1\", which does not fit it'",
    "port 0,             'option port has the value \"0\", which does not fit it'",
    "port 65536,         'option port has the value \"65536\", which does not fit it'",
    "cookie a\\b,        'option cookie has the value \"a\\b\", which does not fit it'",
    "verify maybe,       'option verify has the value \"maybe\", which does not fit it'",
  })
  void rejectsOptionsThatAddServerDoesNotTake(String words, String message) {
    assertThatThrownBy(() -> fold(words))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "a\nb", "a;b", "a\\b", "a<<b", "@1"})
  void rejectsValuesThatAreMoreThanOneWord(String value) {
    assertThatThrownBy(() -> ServerOptions.fold(List.of("cookie", value)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static ServerOptions fold(String words) {
    return ServerOptions.fold(words.isEmpty() ? List.of() : List.of(words.split(" ", -1)));
  }
}
