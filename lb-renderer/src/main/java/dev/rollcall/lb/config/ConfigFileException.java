package dev.rollcall.lb.config;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * The configuration file could not be read or written. The message is one line, fit to be shown.
 */
public final class ConfigFileException extends IOException {

  private static final long serialVersionUID = 1L;

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
    if (cause instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (cause instanceof NoSuchFileException) {
      return "no such file or directory";
    }
    if (cause instanceof NotDirectoryException) {
      return "not a directory";
    }
    if (cause instanceof FileSystemLoopException) {
      return "too many symbolic links";
    }
    if (cause instanceof FileSystemException system && system.getReason() != null) {
      return oneLine(system.getReason());
    }
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : oneLine(message);
  }

  private static String oneLine(String text) {
    return text.replaceAll("\\s+", " ").strip();
  }
}
