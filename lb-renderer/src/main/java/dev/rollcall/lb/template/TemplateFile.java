package dev.rollcall.lb.template;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** A template in a file of at most 1 MiB. Thread-safe. */
public final class TemplateFile implements TemplateSource {
  private static final int LARGEST = 1 << 20;

  private final Path file;

  /** The file is first looked at by {@link #read}. */
  public TemplateFile(Path file) {
    this.file = file;
  }

  @Override
  public String name() {
    return file.toString();
  }

  @Override
  public String read() throws TemplateException {
    String text = decode(bytes());
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

  private String decode(byte[] bytes) throws TemplateException {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      // The mark that some editors put first is no part of the text.
      return text.startsWith("\ufeff") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw wrong("is not UTF-8: save it as UTF-8");
    }
  }

  @Override
  public String stamp() {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return now.lastModifiedTime() + " " + now.size() + " " + now.fileKey();
    } catch (IOException e) {
      return "unreadable";
    }
  }

  private TemplateException wrong(String what) {
    return new TemplateException(file.toString(), what);
  }
}
