package dev.rollcall.lb.template;

import dev.rollcall.lb.config.ConfigFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where a template's text comes from. Implementations are thread-safe. */
public interface TemplateSource {
  /** What messages call the template: its file, or {@code (built-in)}. */
  String name();

  /**
   * The text as it is now, line ends as LF.
   *
   * @throws TemplateException if it is absent, unreadable, empty, too large or no UTF-8
   */
  String read() throws TemplateException;

  /** Something that differs from what it was if the text may have changed; cheap. */
  String stamp();

  /**
   * The template that comes with the program: one service, {@code web}, and the statistics page.
   */
  static BuiltIn builtIn() {
    return new BuiltIn();
  }

  /** A template in a file of at most 1 MiB, which is first looked at by {@link #read}. */
  static TemplateSource of(Path file) {
    return new TemplateFile(file);
  }

  /** See {@link #builtIn}. */
  record BuiltIn() implements TemplateSource {
    private static final String RESOURCE = "web.mustache";

    @Override
    public String name() {
      return "(built-in)";
    }

    @Override
    public String read() {
      try (InputStream resource = TemplateSource.class.getResourceAsStream(RESOURCE)) {
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

  /** See {@link #of}. */
  record TemplateFile(Path file) implements TemplateSource {
    private static final int LARGEST = 1 << 20;

    @Override
    public String name() {
      return file.toString();
    }

    @Override
    public String read() throws TemplateException {
      String text;
      try {
        text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes())).toString();
      } catch (CharacterCodingException e) {
        throw wrong("is not UTF-8: save it as UTF-8");
      }
      // The mark that some editors put first is no part of the text.
      text = text.startsWith("\ufeff") ? text.substring(1) : text;
      if (text.isBlank()) {
        throw wrong("is empty: write a HAProxy configuration into it");
      }
      if (text.indexOf('\0') >= 0) {
        throw wrong("is not a text file: it holds a NUL character");
      }
      return text.replace("\r\n", "\n");
    }

    private byte[] bytes() throws TemplateException {
      if (!Files.exists(file)) {
        throw wrong("does not exist: give the path of a template, or none for the built-in one");
      }
      if (!Files.isRegularFile(file)) {
        throw wrong("is not a regular file: give the path of a template");
      }
      try (InputStream in = Files.newInputStream(file)) {
        byte[] bytes = in.readNBytes(LARGEST + 1);
        if (bytes.length > LARGEST) {
          throw wrong("is larger than 1 MiB: is it a template?");
        }
        return bytes;
      } catch (IOException e) {
        throw wrong("can't be read: let the user that runs lb-renderer read it");
      }
    }

    @Override
    public String stamp() {
      return ConfigFile.stamp(file);
    }

    private TemplateException wrong(String what) {
      return new TemplateException(file.toString(), what);
    }
  }
}
