package dev.rollcall.lb.runtime;

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
    "'ssl verify none sni str(a.b),lower', 'sni str(a.b),lower ssl verify none weight 1'",
  })
  void laterWordsWinAndAllAreSpelledOut(String words, String written) {
    assertThat(fold(words).words()).containsExactly(written.split(" ", -1));
  }

  @Test
  void knowsWhetherItStartsInMaintenance() {
    assertThat(fold("disabled").disabled()).isTrue();
    assertThat(fold("disabled enabled").disabled()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "resolvers dns,      'option \"resolvers\" is not one to add at run time'",
    "track be/web-1,     'option \"track\" is not one to add at run time'",
    "init-addr none,     'option \"init-addr\" is not one to add at run time'",
    "ssl ca-file /x,     'option \"ca-file\" is not one to add at run time'",
    "no-inter,           'option \"no-inter\" is not one to add at run time'",
    "id 7,               'option \"id\" is not one to add at run time'",
    "check inter,        'option inter lacks its value'",
    "inter 2;show,       'option inter has the value \"2;show\", which does not fit it'",
    "weight 257,         'option weight has the value \"257\", which does not fit it'",
    "weight -1,          'option weight has the value \"-1\", which does not fit it'",
    "port 0,             'option port has the value \"0\", which does not fit it'",
    "port 65536,         'option port has the value \"65536\", which does not fit it'",
    "cookie a\\b,        'option cookie has the value \"a\\b\", which does not fit it'",
    "verify required,    'option verify has the value \"required\", which does not fit it'",
  })
  void refusesWhatAddServerIsNotKnownToTake(String words, String message) {
    assertThatThrownBy(() -> fold(words))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "a\nb", "a;b", "a\\b", "a<<b", "@1"})
  void refusesValuesThatLeaveTheirPlace(String value) {
    assertThatThrownBy(() -> ServerOptions.fold(List.of("cookie", value)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void tellsWhatIsTooNew() {
    ServerOptions options = fold("check init-state down");
    assertThat(options.tooNewFor(HaproxyVersion.parse("3.0.11"))).contains("init-state");
    assertThat(options.tooNewFor(HaproxyVersion.parse("3.1.0"))).isEmpty();
  }

  private static ServerOptions fold(String words) {
    return ServerOptions.fold(words.isEmpty() ? List.of() : List.of(words.split(" ", -1)));
  }
}
