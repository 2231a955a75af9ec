package dev.rollcall.lb.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.rollcall.lb.status.SecretRedactor;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the log looks like, taken from the standard streams. */
class LoggingTest {
  private static final Logger log = LoggerFactory.getLogger("some.Station");

  private final PrintStream realOut = System.out;
  private final PrintStream realErr = System.err;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private List<String> logged(String level, String format, Logging.Stream stream)
      throws ExitException {
    System.setOut(new PrintStream(out, true, UTF_8));
    System.setErr(new PrintStream(err, true, UTF_8));
    CommonOptions options = new CommonOptions();
    options.logLevel = level;
    options.logFormat = format;
    Logging.configure(options, stream, SecretRedactor.of(Map.of("STATS_PASSWORD", "open sesame")));
    log.debug("quiet");
    log.info("said {}", "one\nline \"quoted\" ü");
    log.error("failed", new IllegalStateException("why"));
    return out.toString(UTF_8).lines().toList();
  }

  @AfterEach
  void restore() throws ExitException {
    System.setOut(realOut);
    System.setErr(realErr);
    CommonOptions options = new CommonOptions();
    options.logLevel = "info";
    options.logFormat = "text";
    Logging.configure(options, Logging.Stream.OUT, SecretRedactor.of(Map.of()));
  }

  @Test
  void eachEventIsOneLine() throws ExitException {
    List<String> lines = logged("info", "text", Logging.Stream.OUT);
    assertThat(lines.get(0)).endsWith("Z INFO  Station said one | line \"quoted\" ü");
    assertThat(lines.get(1)).endsWith("Z ERROR Station failed");
    assertThat(lines.get(2)).isEqualTo("java.lang.IllegalStateException: why");
  }

  @Test
  void eachEventIsOneJsonObjectOnALine() throws ExitException {
    List<String> lines = logged("INFO", "json", Logging.Stream.OUT);
    assertThat(lines).hasSize(2);
    JsonObject said = JsonParser.parseString(lines.get(0)).getAsJsonObject();
    assertThat(said.get("level").getAsString()).isEqualTo("INFO");
    assertThat(said.get("loggerName").getAsString()).isEqualTo("some.Station");
    assertThat(said.get("formattedMessage").getAsString()).isEqualTo("said one\nline \"quoted\" ü");
    assertThat(said.get("timestamp").getAsLong()).isPositive();
    JsonObject failed = JsonParser.parseString(lines.get(1)).getAsJsonObject();
    assertThat(failed.getAsJsonObject("throwable").get("message").getAsString()).isEqualTo("why");
  }

  @Test
  void leavesOutWhatIsBelowItsLevel() throws ExitException {
    assertThat(logged("error", "json", Logging.Stream.OUT)).hasSize(1);
    out.reset();
    assertThat(logged("debug", "json", Logging.Stream.OUT)).hasSize(3);
    out.reset();
    assertThat(logged("off", "text", Logging.Stream.OUT)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "json"})
  void secretsAreRedacted(String format) throws ExitException {
    logged("info", format, Logging.Stream.OUT);
    out.reset();
    log.error("refused: stats auth a:open sesame", new IllegalStateException("a:open sesame"));
    assertThat(out.toString(UTF_8)).contains("stats auth a:[secret]").doesNotContain("sesame");
  }

  @Test
  void leavesStandardOutputToACommandsResult() throws ExitException {
    assertThat(logged("info", "text", Logging.Stream.ERR)).isEmpty();
    assertThat(err.toString(UTF_8)).contains("said one");
  }
}
