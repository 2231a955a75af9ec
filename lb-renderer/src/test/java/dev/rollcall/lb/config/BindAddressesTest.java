package dev.rollcall.lb.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BindAddressesTest {
  private static final Set<String> OWN = Set.of("198.18.0.1", "2001:db8:0:0:0:0:0:1");

  private static boolean listens(String line, String address, int port)
      throws UnknownHostException {
    BindAddresses listeners = BindAddresses.of("frontend f\n    " + line + "\n");
    boolean at =
        listeners
            .accepting(
                InetAddress.getByName(address),
                port,
                candidate -> OWN.contains(candidate.getHostAddress()))
            .isPresent();
    assertThat(listeners.hasPort(port) || !at).as("the quick question").isTrue();
    return at;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // One address.
        "bind 127.0.0.1:80                       | 127.0.0.1  | 80   | true",
        "bind 127.0.0.1:80                       | 127.0.0.1  | 81   | false",
        "bind 127.0.0.1:80                       | 127.0.0.2  | 80   | false",
        "bind 198.18.0.1:80 ssl crt x.pem        | 198.18.0.1 | 80   | true",
        "bind 198.18.0.1:80                      | 127.0.0.1  | 80   | false",
        // An address of no network card here, as a virtual one that is another balancer's now.
        "bind 198.18.0.9:80 transparent          | 198.18.0.9 | 80   | true",
        "bind [2001:db8::1]:80                   | 2001:db8::1 | 80  | true",
        "bind 2001:db8::1:80                     | 2001:db8::1 | 80  | true",
        "bind [::1]:80                           | ::1        | 80   | true",
        "bind ipv4@198.18.0.1:80                 | 198.18.0.1 | 80   | true",
        "bind ipv6@::1:80                        | ::1        | 80   | true",
        "bind tcp4@127.0.0.1:80                  | 127.0.0.1  | 80   | true",
        "bind mptcp@127.0.0.1:80                 | 127.0.0.1  | 80   | true",
        "bind localhost:80                       | 127.0.0.1  | 80   | true",
        "bind localhost:80                       | 198.18.0.1 | 80   | false",
        // Any address.
        "bind :80                                | 127.0.0.1  | 80   | true",
        "bind :80                                | 127.9.9.9  | 80   | true",
        "bind :80                                | 198.18.0.1 | 80   | true",
        "bind :80                                | 198.18.0.2 | 80   | false",
        "bind :80                                | ::1        | 80   | false",
        "bind *:80                               | 198.18.0.1 | 80   | true",
        "bind 0.0.0.0:80                         | 198.18.0.1 | 80   | true",
        "bind ipv4@:80                           | 198.18.0.1 | 80   | true",
        "bind ipv6@*:80                          | ::1        | 80   | true",
        "bind [::]:80                            | 2001:db8::1 | 80  | true",
        "bind [::]:80 v4v6                       | 198.18.0.1 | 80   | true",
        "bind :::80                              | 127.0.0.1  | 80   | true",
        "bind [::]:80 v6only                     | 127.0.0.1  | 80   | false",
        "bind [::]:80 v6only                     | ::1        | 80   | true",
        // Ranges and several at once.
        "bind :8000-8010                         | 127.0.0.1  | 8005 | true",
        "bind :8000-8010                         | 127.0.0.1  | 8010 | true",
        "bind :8000-8010                         | 127.0.0.1  | 8011 | false",
        "bind 198.18.0.1:80,:443 ssl crt x.pem   | 127.0.0.1  | 443  | true",
        "bind 198.18.0.1:80,:443                 | 127.0.0.1  | 80   | false",
        // Spelling.
        "bind \":80\"                            | 127.0.0.1  | 80   | true",
        "~bind     :80  # the site               | 127.0.0.1  | 80   | true",
        "# bind :80                              | 127.0.0.1  | 80   | false",
        "binding :80                             | 127.0.0.1  | 80   | false",
        // Other lines that open ports.
        "stats socket ipv4@127.0.0.1:9999 level admin | 127.0.0.1 | 9999 | true",
        "stats socket /run/haproxy.sock          | 127.0.0.1  | 9999 | false",
        "stats uri /:80                          | 127.0.0.1  | 80   | false",
        "peer lb1 198.18.0.1:1024                | 198.18.0.1 | 1024 | true",
        // What does not take a connection of this machine, or cannot be known from here.
        "bind :80 interface eth1                 | 127.0.0.1  | 80   | false",
        "bind :80 interface lo                   | 127.0.0.1  | 80   | true",
        "bind :80 namespace blue                 | 127.0.0.1  | 80   | false",
        "bind /run/site.sock                     | 127.0.0.1  | 80   | false",
        "bind unix@/run/site.sock                | 127.0.0.1  | 80   | false",
        "bind abns@site                          | 127.0.0.1  | 80   | false",
        "bind fd@3                               | 127.0.0.1  | 3    | false",
        "bind quic4@:443                         | 127.0.0.1  | 443  | false",
        "bind ${ADDRESS}:80                      | 127.0.0.1  | 80   | false",
        "bind :${PORT}                           | 127.0.0.1  | 80   | false",
        "bind site.example:80                    | 127.0.0.1  | 80   | false",
        "bind 999.1.1.1:80                       | 127.0.0.1  | 80   | false",
        "bind :99999                             | 127.0.0.1  | 80   | false",
        "bind                                    | 127.0.0.1  | 80   | false",
      })
  void findsWhereHaproxyListens(String line, String address, int port, boolean listens)
      throws UnknownHostException {
    assertThat(listens(line.replace('~', '\t'), address, port)).isEqualTo(listens);
  }

  @Test
  void findsTheAddressInAWholeConfiguration() throws UnknownHostException {
    BindAddresses listeners =
        BindAddresses.of(
            """
            global
                stats socket /run/haproxy.sock
            frontend site
                bind 198.18.0.1:80
            listen stats
                bind 127.0.0.1:8405
                stats enable
            """);
    assertThat(listeners.accepting(InetAddress.getLoopbackAddress(), 8405, any -> false))
        .contains("127.0.0.1:8405");
    assertThat(listeners.accepting(InetAddress.getByName("198.18.0.1"), 80, any -> false))
        .contains("198.18.0.1:80");
    assertThat(listeners.hasPort(80)).isTrue();
    assertThat(listeners.hasPort(81)).isFalse();
  }
}
