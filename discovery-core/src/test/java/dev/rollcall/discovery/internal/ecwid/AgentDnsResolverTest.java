package dev.rollcall.discovery.internal.ecwid;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.internal.concurrent.ManualTime;
import dev.rollcall.discovery.internal.ecwid.AgentDnsResolver.UncachedDns;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentDnsResolverTest {

  private static final InetAddress BEFORE = address("198.18.0.1");
  private static final InetAddress NOW = address("198.18.0.2");

  private final ManualTime time = new ManualTime();
  private final List<String> asked = new ArrayList<>();
  private @Nullable InetAddress cached = BEFORE;
  private final AgentDnsResolver lookup =
      new AgentDnsResolver(
          time,
          host -> {
            if (cached == null) {
              throw new UnknownHostException(host);
            }
            return new InetAddress[] {cached};
          },
          host -> {
            asked.add(host);
            return List.of(NOW);
          });

  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void theJvmIsBelievedAsLongAsItsAnswersLeadToAConnection() throws UnknownHostException {
    assertThat(lookup.resolve("consul")).containsExactly(BEFORE);
    assertThat(asked).isEmpty();
  }

  @Test
  void afterAFailureWhatTheNameServersSayNowIsTriedFirst() throws UnknownHostException {
    lookup.connectFailed();
    assertThat(lookup.resolve("consul")).containsExactly(NOW, BEFORE);
    time.advance(Duration.ofSeconds(61));
    assertThat(lookup.resolve("consul")).containsExactly(BEFORE);
  }

  @Test
  void anAddressIsNotLookedUp() throws UnknownHostException {
    lookup.connectFailed();
    lookup.resolve("198.18.0.1");
    lookup.resolve("2001:db8::1");
    assertThat(asked).isEmpty();
  }

  @Test
  void aHostThatTheJvmDoesNotKnowIsLookedUpAnew() throws UnknownHostException {
    cached = null;
    assertThat(lookup.resolve("consul")).containsExactly(NOW);
    lookup.connectFailed();
    assertThat(lookup.resolve("consul")).containsExactly(NOW);
    assertThat(asked).hasSize(2);
  }

  @Test
  void theHostsFileIsReadEachTime(@TempDir Path directory) throws IOException {
    Path hosts = directory.resolve("hosts");
    UncachedDns records = new UncachedDns(hosts, directory.resolve("none"));
    Files.writeString(
        hosts, "# consul\n198.18.0.1 other Consul # here\nbad consul\n2001:db8::1\tconsul\n");
    assertThat(records.lookup("consul")).containsExactly(BEFORE, address("2001:db8::1"));
    Files.writeString(hosts, "198.18.0.2 consul\n");
    assertThat(records.lookup("consul")).containsExactly(NOW);
  }

  @Test
  void shortNamesAreCompletedAsTheSystemDoes(@TempDir Path directory) throws IOException {
    Path resolver = directory.resolve("resolv.conf");
    UncachedDns records = new UncachedDns(directory.resolve("none"), resolver);
    assertThat(records.candidates("consul")).containsExactly("consul");
    Files.writeString(resolver, "search a.test b.test\noptions timeout:1 ndots:2\n");
    assertThat(records.candidates("consul.x"))
        .containsExactly("consul.x.a.test", "consul.x.b.test", "consul.x");
    assertThat(records.candidates("consul.x.y")).startsWith("consul.x.y").hasSize(3);
    assertThat(records.candidates("consul.")).containsExactly("consul.");
  }
}
