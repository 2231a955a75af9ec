package dev.rollcall.lb.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.config.Backend.ServerLine;
import dev.rollcall.lb.config.HaproxyConfig.ConfigLine;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HaproxyConfigTest {

  private static final String TEXT =
      """
      # made by lb-renderer
      global
          maxconn 4000

      defaults http
          mode http
      frontend fe_web from http
          bind :80    # the site
          default_backend be_web

      backend be_web from http
          balance roundrobin
          server web-1 10.0.0.1:8080 check weight 10
          server web-2 10.0.0.2:8080 check
          option httpchk
      """;

  @Test
  void hasSectionsWithKindAndName() {
    assertThat(HaproxyConfig.parse(TEXT).sections())
        .extracting(section -> section.kind() + "/" + section.name())
        .containsExactly("global/", "defaults/http", "frontend/fe_web", "backend/be_web");
  }

  @Test
  void separatesServersFromOtherLines() {
    HaproxyConfig.Section backend = HaproxyConfig.parse(TEXT).sections().get(3);

    assertThat(backend.servers())
        .containsExactly(
            new ServerLine("web-1", "10.0.0.1:8080", List.of("check", "weight", "10"), List.of()),
            new ServerLine("web-2", "10.0.0.2:8080", List.of("check"), List.of()));
    assertThat(backend.otherLines())
        .containsExactly(
            ConfigLine.parse("balance roundrobin"), ConfigLine.parse("option httpchk"));
  }

  @Test
  void commentsAndBlanksDoNotCount() {
    String other =
        TEXT.replace("    ", "\t").replace("# the site", "").replace("# made by", "#\n\n# by");

    assertThat(HaproxyConfig.parse(other)).isEqualTo(HaproxyConfig.parse(TEXT));
  }

  @Test
  void everyWordCounts() {
    assertThat(HaproxyConfig.parse(TEXT.replace("4000", "4001")))
        .isNotEqualTo(HaproxyConfig.parse(TEXT));
  }

  @Test
  void withoutServersEqualsTheSameTemplateWithOtherServers() {
    String other = TEXT.replace("10.0.0.2", "10.0.0.3").replace("web-1", "web-7");

    assertThat(HaproxyConfig.parse(other).withoutServers())
        .isEqualTo(HaproxyConfig.parse(TEXT).withoutServers());
  }

  @Test
  void keepsLinesBeforeTheFirstSection() {
    HaproxyConfig config = HaproxyConfig.parse(".if version_atleast(3.0)\nglobal\n.endif\n");

    assertThat(config.sections()).hasSize(2);
    assertThat(config.sections().get(0).kind()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "frontend a\n  bind :80\n",
        "listen a\n mode tcp\n bind 127.0.0.1:6379\n",
        "global\n\nfrontend a\n\tbind unix@/run/site.sock\n"
      })
  void listensWhereAProxyHasABind(String text) {
    assertThat(HaproxyConfig.parse(text).listens()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "global\n  stats socket /run/admin.sock\n",
        "backend a\n  bind :80\n",
        "frontend a\n  # bind :80\n",
        "frontend a\n  bind-process 1\n",
        "peers p\n  bind :10000\n",
        "\u0000\u0001 binary\u0007"
      })
  void doesNotListenElsewhere(String text) {
    assertThat(HaproxyConfig.parse(text).listens()).isFalse();
  }

  @Test
  void backendsAloneArePartial() {
    assertThat(HaproxyConfig.parse("backend a\n").isPartial()).isTrue();
    assertThat(HaproxyConfig.parse("global\ndefaults\nbackend a\n").isPartial()).isTrue();
    assertThat(HaproxyConfig.parse("").isPartial()).isFalse();
    assertThat(HaproxyConfig.parse("defaults\n").isPartial()).isFalse();
    assertThat(HaproxyConfig.parse("frontend f\nbackend a\n").isPartial()).isFalse();
    assertThat(HaproxyConfig.parse("listen l\n").isPartial()).isFalse();
  }

  @Test
  void bindAddressesCanBeConnectedToFromThisMachine() {
    HaproxyConfig config =
        HaproxyConfig.parse(
            """
            frontend fe
              bind :80,127.0.0.9:81 name x
              bind *:443 ssl crt /etc/ssl/site.pem
              bind 0.0.0.0:82
              bind [::]:83 v4v6
              bind :::84
              bind ipv4@192.0.2.1:85-89
              bind /run/site.sock
              bind unix@/run/site.sock
              bind fd@3
              bind "${PLACE}:90"
              bind site.example.org:91
              bind :0
              bind :99999
              bind 1.2.3:92x
            backend be
              server a 10.0.0.1:93
            """);
    assertThat(config.bindAddresses())
        .map(place -> place.getAddress().getHostAddress() + ":" + place.getPort())
        .containsExactly(
            "127.0.0.1:80",
            "127.0.0.9:81",
            "127.0.0.1:443",
            "127.0.0.1:82",
            "0:0:0:0:0:0:0:1:83",
            "0:0:0:0:0:0:0:1:84",
            "192.0.2.1:85");
  }
}
