package dev.rollcall.lb.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemplateSourceTest {
  @TempDir Path directory;

  private void assertRefused(Path file, String why) {
    assertThatThrownBy(() -> TemplateSource.of(file).read())
        .isInstanceOf(TemplateException.class)
        .hasMessageStartingWith("template " + file + ": " + why)
        .message()
        .doesNotContain("\n");
  }

  private Path file(byte[] content) throws IOException {
    return Files.write(directory.resolve("t.mustache"), content);
  }

  @Test
  void readsUtf8WithAnyLineEnds() throws Exception {
    assertThat(
            TemplateSource.of(file("\ufeff# é\r\nglobal\r\n".getBytes(StandardCharsets.UTF_8)))
                .read())
        .isEqualTo("# é\nglobal\n");
  }

  @Test
  void refusesAFileThatIsNotATemplate() throws IOException {
    assertRefused(directory.resolve("none"), "does not exist");
    assertRefused(directory, "is not a regular file");
    assertRefused(Path.of("/dev/null"), "is not a regular file");
    assertRefused(file(new byte[0]), "is empty");
    assertRefused(file(" \n\n".getBytes(StandardCharsets.UTF_8)), "is empty");
    assertRefused(file(new byte[] {'a', 0, 'b'}), "is not a text file");
    assertRefused(file(new byte[] {'a', (byte) 0xff}), "is not UTF-8");
    assertRefused(file(new byte[(1 << 20) + 1]), "is larger than 1 MiB");
    assertRefused(
        Files.createSymbolicLink(directory.resolve("link"), Path.of("nowhere")), "does not exist");
  }

  @Test
  void stampChangesWithTheFile() throws IOException {
    TemplateSource template = TemplateSource.of(directory.resolve("t.mustache"));
    String absent = template.stamp();
    file("a".getBytes(StandardCharsets.UTF_8));
    String first = template.stamp();
    Files.writeString(directory.resolve("new"), "b");
    Files.move(
        directory.resolve("new"),
        directory.resolve("t.mustache"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(template.stamp()).isNotEqualTo(first);
    assertThat(first).isNotEqualTo(absent);
  }
}
