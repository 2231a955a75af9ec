package dev.rollcall.lb.template;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * The template that comes with the program: one web service, {@code web}, and the statistics page.
 * Thread-safe.
 */
public final class BuiltInTemplate implements TemplateSource {
  private static final String RESOURCE = "web.mustache";

  @Override
  public String name() {
    return "(built-in)";
  }

  @Override
  public String read() {
    try (InputStream resource = BuiltInTemplate.class.getResourceAsStream(RESOURCE)) {
      if (resource == null) {
        throw new IllegalStateException(RESOURCE + " is not in the jar");
      }
      return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String stamp() {
    return "";
  }
}
