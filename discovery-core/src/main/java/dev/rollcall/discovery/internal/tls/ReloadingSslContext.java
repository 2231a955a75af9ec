package dev.rollcall.discovery.internal.tls;

import dev.rollcall.discovery.TlsOptions;
import java.io.IOException;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS as the files say at the moment. Files that cannot be used, as they are for a moment when they
 * are being replaced, leave in force what was read before. Thread-safe.
 */
public final class ReloadingSslContext {

  private static final Logger log = LoggerFactory.getLogger(ReloadingSslContext.class);

  private final TlsOptions options;
  private @Nullable TlsFiles files;
  private @Nullable SSLContext context;
  private @Nullable String complaint;

  /** TLS of the given options. Reads nothing yet. */
  public ReloadingSslContext(TlsOptions options) {
    this.options = options;
  }

  /**
   * Refuses options whose files cannot be used now.
   *
   * @throws IllegalArgumentException with one line: which variable, which file, what to do
   */
  public static void check(TlsOptions options) {
    try {
      TlsFiles.read(options).context(options.verify());
    } catch (IOException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** The options. */
  public TlsOptions options() {
    return options;
  }

  /**
   * What to make the next connection with.
   *
   * @throws IOException if the files have never held what can be used; with one line that tells why
   */
  public synchronized SSLContext context() throws IOException {
    SSLContext known = context;
    try {
      TlsFiles now = TlsFiles.read(options);
      if (known != null && now.equals(files)) {
        wellAgain("hold again what they held");
        return known;
      }
      SSLContext fresh = now.context(options.verify());
      wellAgain("can be used again");
      if (known != null) {
        log.info("TLS: the files have changed; new connections use what they hold now");
      }
      files = now;
      context = fresh;
      return fresh;
    } catch (IOException e) {
      if (known == null) {
        throw e;
      }
      if (!String.valueOf(e.getMessage()).equals(complaint)) {
        complaint = String.valueOf(e.getMessage());
        log.warn("TLS: {}; going on with what was read before", complaint);
      }
      return known;
    }
  }

  private void wellAgain(String how) {
    if (complaint != null) {
      complaint = null;
      log.info("TLS: the files {}", how);
    }
  }
}
