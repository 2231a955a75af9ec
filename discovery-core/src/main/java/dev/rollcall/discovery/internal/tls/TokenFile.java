package dev.rollcall.discovery.internal.tls;

import dev.rollcall.discovery.internal.concurrent.Clock;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A token in a file that somebody rotates. Read anew each time; while the file is away or broken,
 * as it is for a moment when it is being replaced, the last token that it held goes on. If that
 * takes longer, the log says so once. Thread-safe.
 */
public final class TokenFile implements Supplier<Optional<String>> {

  private static final Logger log = LoggerFactory.getLogger(TokenFile.class);
  private static final int LONGEST = 4096;
  private static final Pattern PRINTABLE = Pattern.compile("[!-~]{1," + LONGEST + "}");

  /** Longer than anybody takes to replace a file. */
  private static final Duration REPLACING = Duration.ofSeconds(5);

  private final Path path;
  private final Clock clock;
  private @Nullable String last;
  private boolean failing;
  private long failingSince;
  private boolean told;

  public TokenFile(Path path) {
    this(path, Clock.SYSTEM);
  }

  TokenFile(Path path, Clock clock) {
    this.path = path;
    this.clock = clock;
  }

  public static boolean isToken(String value) {
    return PRINTABLE.matcher(value).matches();
  }

  /**
   * The token of the moment.
   *
   * @throws UncheckedIOException if the file has never held one; one line that tells why
   */
  @Override
  public Optional<String> get() {
    try {
      return Optional.of(held(read()));
    } catch (IOException e) {
      return Optional.of(lastFor(String.valueOf(e.getMessage()), e));
    }
  }

  private synchronized String held(String token) {
    if (told) {
      log.info("The token file {} can be used again", path);
    }
    failing = false;
    told = false;
    last = token;
    return token;
  }

  private synchronized String lastFor(String why, IOException cause) {
    String known = last;
    if (known == null) {
      throw new UncheckedIOException(why, cause);
    }
    if (!failing) {
      failing = true;
      failingSince = clock.nanoTime();
    } else if (!told && clock.since(failingSince).compareTo(REPLACING) >= 0) {
      told = true;
      log.warn("{}; going on with the token that it held before", why);
    }
    return known;
  }

  private String read() throws IOException {
    String text = text();
    if (!isToken(text)) {
      throw unusable("it holds no token (one line of printable ASCII)", null);
    }
    return text;
  }

  private String text() throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return new String(in.readNBytes(LONGEST + 2), StandardCharsets.UTF_8).strip();
    } catch (NoSuchFileException e) {
      throw unusable("there is no such file", e);
    } catch (AccessDeniedException e) {
      throw unusable("this user may not read it", e);
    } catch (IOException e) {
      throw unusable(String.valueOf(e.getMessage()), e);
    }
  }

  private IOException unusable(String why, @Nullable IOException cause) {
    return new IOException(
        "CONSUL_HTTP_TOKEN_FILE: cannot use " + path + ": " + why + "; name a readable file",
        cause);
  }

  @Override
  public String toString() {
    return "TokenFile[" + path + "]";
  }
}
