package dev.rollcall.discovery.internal.tls;

import dev.rollcall.discovery.internal.concurrent.Clock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A token in a file that somebody rotates, read anew each time. While the file is absent or
 * unusable, as it is for a moment when it is being replaced, the last token is used; if that takes
 * longer, the log says so once. Thread-safe.
 */
public final class TokenFile implements Supplier<Optional<String>> {

  private static final Logger log = LoggerFactory.getLogger(TokenFile.class);
  private static final int LONGEST = 4096;
  private static final Pattern TOKEN = Pattern.compile("[!-~]{1," + LONGEST + "}");

  /** Longer than it takes to replace a file. */
  private static final Duration REPLACING = Duration.ofSeconds(5);

  private final Path path;
  private final Clock clock;
  private @Nullable String last;
  private boolean failing;
  private long failingSince;
  private boolean logged;

  public TokenFile(Path path, Clock clock) {
    this.path = path;
    this.clock = clock;
  }

  /** Whether a text may be a token: printable ASCII. */
  public static boolean isToken(String value) {
    return TOKEN.matcher(value).matches();
  }

  /**
   * The current token.
   *
   * @throws UncheckedIOException if the file has never held one; one line that tells why
   */
  @Override
  public Optional<String> get() {
    try {
      CredentialFile file =
          CredentialFile.read("CONSUL_HTTP_TOKEN_FILE", "file", path, LONGEST + 2);
      return Optional.of(read(file.parse(TokenFile::token)));
    } catch (IOException e) {
      return Optional.of(lastAfter(e));
    }
  }

  private static String token(String text) throws IOException {
    String token = text.strip();
    if (!isToken(token)) {
      throw new IOException("it holds no token (one line of printable ASCII)");
    }
    return token;
  }

  private synchronized String read(String token) {
    if (logged) {
      log.info("The token file {} can be used again", path);
    }
    failing = false;
    logged = false;
    last = token;
    return token;
  }

  private synchronized String lastAfter(IOException failure) {
    if (last == null) {
      throw new UncheckedIOException(failure.getMessage(), failure);
    }
    if (!failing) {
      failing = true;
      failingSince = clock.nanoTime();
    } else if (!logged && clock.since(failingSince).compareTo(REPLACING) >= 0) {
      logged = true;
      log.warn("{}; going on with the token that it held before", failure.getMessage());
    }
    return last;
  }

  @Override
  public String toString() {
    return "TokenFile[" + path + "]";
  }
}
