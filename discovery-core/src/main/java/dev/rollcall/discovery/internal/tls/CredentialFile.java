package dev.rollcall.discovery.internal.tls;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * What a file of certificates, a key or a token held when it was read. Two are equal if nothing has
 * changed. Never shows its text.
 *
 * @param variable the environment variable that names the file
 * @param wanted what the variable should name, for messages
 */
record CredentialFile(String variable, String wanted, Path path, String text) {

  /** Takes something from the text of a file. */
  @FunctionalInterface
  interface Parser<T> {
    T parse(String text) throws IOException;
  }

  /** Reads a file; the message of a failure is one line that tells what to do. */
  static CredentialFile read(String variable, String wanted, Path path, int longest)
      throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(longest + 1);
      if (bytes.length > longest) {
        throw new IOException("it is longer than " + longest + " bytes");
      }
      return new CredentialFile(
          variable, wanted, path, new String(bytes, StandardCharsets.ISO_8859_1));
    } catch (NoSuchFileException e) {
      throw unusable(variable, wanted, path, "there is no such file");
    } catch (AccessDeniedException e) {
      throw unusable(variable, wanted, path, "this user may not read it");
    } catch (IOException e) {
      throw unusable(variable, wanted, path, String.valueOf(e.getMessage()));
    }
  }

  /** Takes something from the text; the message of a failure is as that of reading. */
  <T> T parse(Parser<T> parser) throws IOException {
    try {
      return parser.parse(text);
    } catch (IOException e) {
      throw unusable(variable, wanted, path, String.valueOf(e.getMessage()));
    }
  }

  static IOException unusable(String variable, String wanted, Path path, String why) {
    return new IOException(
        "%s: cannot use %s: %s; name a readable %s".formatted(variable, path, why, wanted));
  }

  @Override
  public String toString() {
    return "CredentialFile[" + path + "]";
  }
}
