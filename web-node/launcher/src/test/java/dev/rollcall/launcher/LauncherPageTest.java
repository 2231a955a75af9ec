package dev.rollcall.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** docs/reference/launcher.md has every option and every exit code, and so has {@code --help}. */
class LauncherPageTest {
  private static final List<Integer> EXIT_CODES =
      List.of(
          Launcher.FAILED,
          Launcher.USAGE,
          Launcher.PORT_TAKEN,
          Launcher.NOT_PASSING,
          Launcher.NOT_EXECUTABLE,
          Launcher.NOT_FOUND);

  private static List<String> options() {
    return Arrays.stream(Launcher.class.getDeclaredFields())
        .map((Field field) -> field.getAnnotation(Option.class))
        .filter(option -> option != null)
        .map(option -> option.names()[0])
        .toList();
  }

  @Test
  void thePageHasThemAll() throws IOException {
    String page = Files.readString(Path.of("../../docs/reference/launcher.md"));

    assertThat(options()).hasSizeGreaterThan(7).allMatch(name -> page.contains("| `" + name));
    String codes = page.substring(page.indexOf("| exit code |"));
    assertThat(EXIT_CODES)
        .allMatch(code -> codes.matches("(?s).*\\n\\|[ 0-9,]*\\b" + code + "\\b.*"));
  }

  @Test
  void helpHasThemAll() {
    String help = new CommandLine(Launcher.command(Map.of())).getUsageMessage();

    assertThat(options()).allMatch(help::contains);
    assertThat(EXIT_CODES).allMatch(code -> help.matches("(?s).*\\b" + code + " .*"));
  }
}
