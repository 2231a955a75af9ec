package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessOutputTest {

  private final List<String> passedOn = new ArrayList<>();
  private final HaproxyProcess.Output lines = new HaproxyProcess.Output(passedOn::add);

  @Test
  void passesEachLineToTheListener() {
    lines.readAll(stream("one\n\ntwo\r\nlast without an end"));

    assertThat(passedOn).containsExactly("one", "two", "last without an end");
  }

  @Test
  void returnsLinesAfterAPosition() {
    lines.readAll(stream("one\ntwo\n"));
    long mark = lines.lineCount();
    lines.readAll(stream("three\n"));

    assertThat(lines.since(mark)).containsExactly("three");
    assertThat(lines.since(0)).containsExactly("one", "two", "three");
    assertThat(lines.since(lines.lineCount())).isEmpty();
  }

  @Test
  void limitsNumberAndLengthOfKeptLines() {
    lines.readAll(stream(("x".repeat(10_000) + "\n").repeat(500)));

    assertThat(passedOn).hasSize(500).allMatch(line -> line.length() == 2000);
    assertThat(lines.since(0)).hasSize(200);
  }

  private static InputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }
}
