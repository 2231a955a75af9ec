package dev.rollcall.discovery.internal.tls;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * What a PEM file held when it was read. Two are equal if nothing has changed. Never shows its
 * text.
 *
 * @param variable the name of the variable that names the file
 */
record PemFile(String variable, Path path, String text) {

  private static final int LONGEST = 1024 * 1024;

  /** Takes something from the text of a file. */
  @FunctionalInterface
  interface Reader<T> {
    T read(String text) throws IOException;
  }

  /** Reads a file; the message of a failure is a line that tells what to do. */
  static PemFile read(String variable, Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(LONGEST + 1);
      if (bytes.length > LONGEST) {
        throw new IOException("it is longer than " + LONGEST + " bytes");
      }
      return new PemFile(variable, path, new String(bytes, StandardCharsets.ISO_8859_1));
    } catch (NoSuchFileException e) {
      throw unusable(variable, path, "there is no such file");
    } catch (AccessDeniedException e) {
      throw unusable(variable, path, "this user may not read it");
    } catch (IOException e) {
      throw unusable(variable, path, String.valueOf(e.getMessage()));
    }
  }

  /** Takes something from the text; the message of a failure is as that of reading. */
  <T> T take(Reader<T> reader) throws IOException {
    try {
      return reader.read(text);
    } catch (IOException e) {
      throw unusable(variable, path, String.valueOf(e.getMessage()));
    }
  }

  static IOException unusable(String variable, Path path, String why) {
    String wanted =
        switch (variable) {
          case TlsFiles.CLIENT_KEY -> "PEM file of an RSA or EC key without a pass phrase";
          case TlsFiles.CLIENT_CERT -> "PEM file of this client's certificate";
          case TlsFiles.CA_PATH -> "directory of PEM files of CA certificates";
          default -> "PEM file of CA certificates";
        };
    return new IOException(
        variable + ": cannot use " + path + ": " + why + "; name a readable " + wanted);
  }

  @Override
  public String toString() {
    return "PemFile[" + path + "]";
  }
}
