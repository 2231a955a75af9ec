package dev.rollcall.lb.config;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/**
 * The configuration file could not be read or written. The message is one line, fit to be shown.
 */
public final class ConfigFileException extends IOException {

  private static final long serialVersionUID = 1L;

  private static final Map<Class<?>, String> REASONS =
      Map.of(
          AccessDeniedException.class, "permission denied",
          NoSuchFileException.class, "no such file or directory",
          NotDirectoryException.class, "not a directory",
          FileSystemLoopException.class, "too many symbolic links");

  ConfigFileException(String message) {
    super(message);
  }

  private ConfigFileException(String message, IOException cause) {
    super(message, cause);
  }

  /** Never null. */
  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  /**
   * Wraps what the system said into one line.
   *
   * @param attempt such as {@code cannot write}
   */
  static ConfigFileException of(String attempt, Path path, IOException cause) {
    if (cause instanceof ConfigFileException known) {
      return known;
    }
    return new ConfigFileException(attempt + " " + path + ": " + reason(cause), cause);
  }

  private static String reason(IOException cause) {
    String known = REASONS.get(cause.getClass());
    if (known != null) {
      return known;
    }
    String said = cause instanceof FileSystemException system ? system.getReason() : null;
    said = said == null ? cause.getMessage() : said;
    return said == null ? cause.getClass().getSimpleName() : said.replaceAll("\\s+", " ").strip();
  }
}
