package dev.rollcall.discovery.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.discovery.LogCapture;
import dev.rollcall.discovery.internal.concurrent.ManualTime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenFileTest {

  @TempDir private Path folder;
  private final ManualTime time = new ManualTime();
  private final LogCapture logged = new LogCapture();

  @AfterEach
  void closeLog() {
    logged.close();
  }

  @Test
  void aFileThatIsAbsentForFiveSecondsIsLoggedOnce() throws IOException {
    Path file = Files.writeString(folder.resolve("token"), "one\n");
    TokenFile token = new TokenFile(file, time);
    assertThat(token.get()).contains("one");

    Files.delete(file);
    assertThat(token.get()).contains("one");
    time.pass(Duration.ofSeconds(4));
    assertThat(token.get()).contains("one");
    assertThat(logged.lines()).as("it may be being replaced").isEmpty();
    time.pass(Duration.ofSeconds(1));
    token.get();
    token.get();
    assertThat(logged.lines())
        .containsExactly(
            "WARN CONSUL_HTTP_TOKEN_FILE: cannot use "
                + file
                + ": there is no such file; name a readable file; going on with the token that it"
                + " held before");

    Files.writeString(file, "two\n");
    assertThat(token.get()).contains("two");
    assertThat(logged.lines()).last().asString().contains("can be used again");
  }

  @Test
  void theContentMustBeAToken() throws IOException {
    Path file = Files.writeString(folder.resolve("token"), "two words\n");
    assertThatThrownBy(() -> new TokenFile(file, time).get())
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("it holds no token (one line of printable ASCII)");
    assertThatThrownBy(() -> new TokenFile(folder, time).get())
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("CONSUL_HTTP_TOKEN_FILE: cannot use " + folder);
  }
}
