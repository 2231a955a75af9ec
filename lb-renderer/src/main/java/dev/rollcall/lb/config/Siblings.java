package dev.rollcall.lb.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/**
 * The places of the files that are kept beside a configuration.
 *
 * @param real the configuration itself, symbolic links followed
 * @param directory where the others lie
 */
record Siblings(Path real, Path directory) {

  private static final int MOST_LINKS = 16;

  /**
   * Finds them. Where the file's own directory cannot be written, as with a single file mounted
   * into a container, they lie in a private directory below the system's directory for temporary
   * files.
   */
  static Siblings of(Path target) throws IOException {
    Path real = follow(target);
    if (Files.isDirectory(real)) {
      throw new ConfigFileException("cannot write " + target + ": is a directory");
    }
    Path parent = real.getParent();
    if (parent == null || Files.notExists(parent)) {
      throw new NoSuchFileException(String.valueOf(parent));
    }
    if (!Files.isDirectory(parent)) {
      throw new NotDirectoryException(parent.toString());
    }
    if (Files.isWritable(parent)) {
      return new Siblings(real, parent);
    }
    if (Files.isWritable(real)) {
      return new Siblings(real, PrivateDirectory.of(real));
    }
    throw new ConfigFileException("cannot write " + target + ": permission denied");
  }

  Path path(String suffix) {
    return directory.resolve(real.getFileName() + "." + suffix);
  }

  Path path(String suffix, int number) {
    return path(suffix + "." + number);
  }

  /**
   * Moves {@code suffix.first} and what follows up by one; what was {@code suffix.last} is gone.
   */
  void rotate(String suffix, int first, int last) throws ConfigFileException {
    for (int number = last - 1; number >= first; number--) {
      Path from = path(suffix, number);
      if (Files.exists(from)) {
        AtomicFile.replace(from, path(suffix, number + 1));
      }
    }
  }

  private static Path follow(Path target) throws IOException {
    Path path = target;
    for (int links = 0; Files.isSymbolicLink(path); links++) {
      if (links == MOST_LINKS) {
        throw new ConfigFileException("cannot write " + target + ": too many symbolic links");
      }
      path = path.resolveSibling(Files.readSymbolicLink(path)).normalize();
    }
    return path;
  }
}
