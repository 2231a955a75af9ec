package dev.rollcall.lb.template;

import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;

/** Collects text up to a limit: sections of services in one another multiply. */
final class BoundedText extends Writer {
  private static final int LIMIT = 64 << 20;

  private final StringWriter text = new StringWriter();

  @Override
  public void write(char[] characters, int from, int length) throws IOException {
    if (text.getBuffer().length() > LIMIT - length) {
      throw new IOException(
          "the configuration would be larger than 64 Mi characters: are sections of services in one another?");
    }
    text.write(characters, from, length);
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}

  @Override
  public String toString() {
    return text.toString();
  }
}
