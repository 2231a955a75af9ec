package dev.rollcall.lb.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretFilesTest {
  @TempDir private Path directory;

  private String file(String content) throws IOException {
    return Files.writeString(directory.resolve("secret"), content).toString();
  }

  @Test
  void aFileGivesTheVariableThatItsNameSays() throws Exception {
    assertThat(SecretFiles.read(Map.of("STATS_PASSWORD_FILE", file("open sesame\n"))))
        .containsEntry("STATS_PASSWORD", "open sesame");
    assertThat(SecretFiles.read(Map.of("LB_API_TOKEN_FILE", file("abc"), "LB_API_TOKEN", "")))
        .containsEntry("LB_API_TOKEN", "abc");
  }

  @Test
  void theVariableItselfIsStronger() throws Exception {
    assertThat(
            SecretFiles.read(
                Map.of("STATS_PASSWORD_FILE", file("from the file"), "STATS_PASSWORD", "said")))
        .containsEntry("STATS_PASSWORD", "said");
  }

  @Test
  void anEmptyFileCountsAsAnEmptyVariable() throws Exception {
    assertThat(SecretFiles.read(Map.of("STATS_PASSWORD_FILE", file("\n"))))
        .containsEntry("STATS_PASSWORD", "");
    assertThat(SecretFiles.read(Map.of("STATS_PASSWORD_FILE", "")))
        .doesNotContainKey("STATS_PASSWORD");
  }

  @Test
  void otherFilesAreLeftAlone() throws Exception {
    // Paths that a template may write, what discovery-core reads by itself, and other programs'.
    Map<String, String> others =
        Map.of(
            "LB_HOSTS_FILE", file("a\nb"),
            "CONSUL_HTTP_TOKEN_FILE", "/none",
            "DATABASE_PASSWORD_FILE", "/none");

    assertThat(SecretFiles.read(others)).isEqualTo(others);
  }

  @Test
  void aFileThatCannotBeUsedIsNamedAndItsContentIsNot() throws Exception {
    assertThatExceptionOfType(ExitException.class)
        .isThrownBy(() -> SecretFiles.read(Map.of("STATS_PASSWORD_FILE", "/no/such")))
        .withMessageContaining("STATS_PASSWORD_FILE is '/no/such', which cannot be read")
        .satisfies(e -> assertThat(e.code()).isEqualTo(ExitCode.USAGE));
    String two = file("sesame\nsimsim\n");
    assertThatExceptionOfType(ExitException.class)
        .isThrownBy(() -> SecretFiles.read(Map.of("STATS_PASSWORD_FILE", two)))
        .withMessageContaining("more than one line")
        .withMessageNotContaining("sesame");
  }

  @Test
  void whatStandsInAFileIsNotLoggedEither() throws IOException {
    Map<String, String> environment = Map.of("STATS_PASSWORD_FILE", file("open sesame\n"));

    assertThat(SecretFiles.redactor(environment).redact("stats auth admin:open sesame"))
        .isEqualTo("stats auth admin:[secret]");
  }
}
