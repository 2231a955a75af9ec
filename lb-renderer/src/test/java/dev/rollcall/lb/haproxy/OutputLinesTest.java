package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputLinesTest {

  private final List<String> passedOn = new ArrayList<>();
  private final OutputLines lines = new OutputLines(passedOn::add);

  @Test
  void passesOnEachLine() {
    lines.drain(stream("one\n\ntwo\r\nlast without an end"));

    assertThat(passedOn).containsExactly("one", "two", "last without an end");
  }

  @Test
  void tellsWhatCameAfterAMark() {
    lines.drain(stream("one\ntwo\n"));
    long mark = lines.count();
    lines.drain(stream("three\n"));

    assertThat(lines.since(mark)).containsExactly("three");
    assertThat(lines.since(0)).containsExactly("one", "two", "three");
    assertThat(lines.since(lines.count())).isEmpty();
  }

  @Test
  void keepsABoundedNumberOfBoundedLines() {
    lines.drain(stream(("x".repeat(10_000) + "\n").repeat(500)));

    assertThat(passedOn).hasSize(500).allMatch(line -> line.length() == 2000);
    assertThat(lines.since(0)).hasSize(200);
  }

  private static InputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }
}
