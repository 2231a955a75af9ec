package dev.rollcall.discovery.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A token in a file that somebody rotates. Read anew each time; while the file is away or broken,
 * as it is for a moment when it is being replaced, the last token that it held goes on.
 */
final class TokenFile implements Supplier<Optional<String>> {

  private static final int LONGEST = 4096;
  private static final Pattern PRINTABLE = Pattern.compile("[!-~]{1," + LONGEST + "}");

  private final Path path;
  private volatile @Nullable String last;

  TokenFile(Path path) {
    this.path = path;
  }

  static boolean isToken(String value) {
    return PRINTABLE.matcher(value).matches();
  }

  @Override
  public Optional<String> get() {
    String token = last;
    try {
      token = read();
      last = token;
    } catch (IOException e) {
      if (token == null) {
        throw new UncheckedIOException("cannot read the token file " + path + ": " + e, e);
      }
    }
    return Optional.of(token);
  }

  private String read() throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      String text = new String(in.readNBytes(LONGEST + 2), StandardCharsets.UTF_8).strip();
      if (!isToken(text)) {
        throw new IOException("it holds no token (one line of printable ASCII)");
      }
      return text;
    }
  }

  @Override
  public String toString() {
    return "TokenFile[" + path + "]";
  }
}
