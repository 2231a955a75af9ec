package dev.rollcall.lb.template;

import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;

/**
 * Collects text up to a limit: sections of services in one another multiply. The limit is a part of
 * the memory that there is, since a text is held, compared and written several times over.
 */
final class BoundedText extends Writer {
  private static final int PART = 32;

  private static final int LIMIT =
      (int) Math.min(64L << 20, Runtime.getRuntime().maxMemory() / PART);

  private final StringWriter text = new StringWriter();

  @Override
  public void write(char[] characters, int from, int length) throws IOException {
    if (text.getBuffer().length() > LIMIT - length) {
      throw new IOException(
          "the configuration would be larger than "
              + LIMIT / 1024
              + " Ki characters: are sections of services in one another? If it has to be so large,"
              + " give Java more memory (-Xmx)");
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
