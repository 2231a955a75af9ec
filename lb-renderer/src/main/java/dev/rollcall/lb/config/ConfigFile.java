package dev.rollcall.lb.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The file that HAProxy reads, and its siblings.
 *
 * <p>The target is replaced in one step: whoever opens it sees the old text or the new one, each
 * whole. Only where the file system forbids that (a file that is itself a mount, a directory that
 * cannot be written, an owner that would be lost) it is written in place, with a warning. Beside it
 * lie
 *
 * <ul>
 *   <li>{@code .candidate}: a text that waits for its verdict,
 *   <li>{@code .good}: the text that HAProxy was last seen to serve from,
 *   <li>{@code .backup.1} (newest) to {@code .backup.5}: what the file held before,
 *   <li>{@code .rejected}, {@code .rejected.1} to {@code .rejected.4}: refused texts, newest first,
 *       each with HAProxy's message as comments at its end,
 *   <li>{@code .pools}: what the next run is to know of this one.
 * </ul>
 *
 * <p>Every failure is a {@link ConfigFileException} with one line. Used by one thread at a time.
 */
public final class ConfigFile {

  private static final int BACKUPS = 5;
  private static final int REJECTED = 5;
  private static final String GOOD = "good";

  private final Path target;

  /** The last known good text as it was read last, and the stamp of its file then. */
  private Optional<String> good = Optional.empty();

  private String goodStamp = "";

  /**
   * Names the file; nothing is read or written yet.
   *
   * @param target of the configuration; a symbolic link is followed, so that the link stays
   */
  public ConfigFile(Path target) {
    this.target = target.toAbsolutePath().normalize();
  }

  /** Where HAProxy reads its configuration, as it was named. */
  public Path target() {
    return target;
  }

  /** The text that the file holds now; empty when there is no file. */
  public Optional<String> current() throws ConfigFileException {
    return read(target);
  }

  /**
   * Writes a candidate, which has reached the disk when this returns.
   *
   * @return where it is; readable by whoever may read the target
   */
  public Path writeCandidate(String text) throws ConfigFileException {
    return siblings().write("candidate", text);
  }

  /**
   * Makes a candidate the configuration. What the file held before becomes the newest backup,
   * unless it was the same text. When this throws, the target is as it was.
   */
  public void install(Path candidate) throws ConfigFileException {
    Siblings siblings = siblings();
    Optional<String> before = read(siblings.real());
    if (before.equals(read(candidate))) {
      discard(candidate);
      return;
    }
    if (before.isPresent() && !before.equals(siblings.read("backup.1"))) {
      siblings.rotate("backup", 1, BACKUPS);
      siblings.write("backup.1", before.get());
    }
    AtomicFile.replace(candidate, siblings.real());
  }

  /** Deletes a candidate that is not wanted any more. */
  public void discard(Path candidate) {
    AtomicFile.deleteQuietly(candidate);
  }

  /** The {@link #stamp(Path)} of the target. */
  public String stamp() {
    return stamp(target);
  }

  /**
   * Something that changes whenever somebody writes or replaces a file, and costs less than to read
   * it. Empty when there is no file.
   */
  public static String stamp(Path file) {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      long modified = now.lastModifiedTime().to(TimeUnit.NANOSECONDS);
      return modified + " " + now.size() + " " + now.fileKey();
    } catch (IOException e) {
      return "";
    }
  }

  /** Where the {@link #lastKnownGood} text lies; empty before the first. */
  public Optional<Path> lastKnownGoodFile() throws ConfigFileException {
    Path good = siblings().path(GOOD);
    return Files.exists(good) ? Optional.of(good) : Optional.empty();
  }

  /**
   * The text of a further sibling.
   *
   * @param suffix what follows the target's name and a dot
   */
  public Optional<String> readSibling(String suffix) throws ConfigFileException {
    return siblings().read(suffix);
  }

  /** Writes a sibling in one step; readable by whoever may read the target. */
  public void writeSibling(String suffix, String text) throws ConfigFileException {
    siblings().replace(suffix, text);
  }

  /** The text that HAProxy was last seen to serve from; empty before the first. */
  public Optional<String> lastKnownGood() throws ConfigFileException {
    return readGood(siblings());
  }

  /** Reads it only if it has changed, as it is asked for at each change. */
  private Optional<String> readGood(Siblings siblings) throws ConfigFileException {
    String now = stamp(siblings.path(GOOD));
    if (now.isEmpty() || !now.equals(goodStamp)) {
      good = siblings.read(GOOD);
      goodStamp = now;
    }
    return good;
  }

  /** Notes that HAProxy serves from the file as it is now. */
  public void markGood() throws ConfigFileException {
    Siblings siblings = siblings();
    Optional<String> now = read(siblings.real());
    if (now.isPresent() && !now.equals(readGood(siblings))) {
      siblings.replace(GOOD, now.get());
    }
  }

  /**
   * Puts the last known good text back, also where the disk has no room left; before there was one,
   * what the file held before the last {@link #install}; and where there was nothing, nothing.
   *
   * @return whether there is a file now
   */
  public boolean restore() throws ConfigFileException {
    Siblings siblings = siblings();
    Optional<String> good = siblings.read(GOOD);
    if (good.isEmpty()) {
      good = siblings.read("backup.1");
    }
    if (good.isEmpty()) {
      AtomicFile.deleteQuietly(siblings.real());
      return false;
    }
    if (!good.equals(read(siblings.real()))) {
      putBack(siblings, good.get());
    }
    return true;
  }

  /**
   * The newest backup is mostly that text, and moving it needs no room on the disk: what is to be
   * replaced may have filled it.
   */
  private static void putBack(Siblings siblings, String text) throws ConfigFileException {
    Optional<String> wanted = Optional.of(text);
    Path from;
    if (wanted.equals(siblings.read("backup.1"))) {
      from = siblings.path("backup.1");
    } else {
      try {
        from = siblings.write("candidate", text);
      } catch (ConfigFileException e) {
        if (!wanted.equals(siblings.read(GOOD))) {
          throw e;
        }
        from = siblings.path(GOOD);
      }
    }
    AtomicFile.replace(from, siblings.real());
  }

  /**
   * Keeps a refused text for whoever looks for the reason. The same text refused again takes the
   * place of its first copy.
   *
   * @param message HAProxy's words; written after the text, so that its line numbers hold
   * @return where it was kept
   */
  public Path reject(String text, String message) throws ConfigFileException {
    Siblings siblings = siblings();
    Optional<String> last = siblings.read("rejected");
    if (last.isPresent() && !last.get().startsWith(text)) {
      siblings.rotate("rejected", 1, REJECTED - 1);
      AtomicFile.replace(siblings.path("rejected"), siblings.path("rejected.1"));
    }
    return siblings.write("rejected", text + comments(message));
  }

  private static String comments(String message) {
    return message
        .lines()
        .map(line -> "# " + line.strip() + "\n")
        .collect(Collectors.joining("", "\n", ""));
  }

  private Siblings siblings() throws ConfigFileException {
    try {
      return Siblings.of(target);
    } catch (IOException e) {
      throw ConfigFileException.of("cannot write", target, e);
    }
  }

  private static Optional<String> read(Path path) throws ConfigFileException {
    try {
      if (Files.isDirectory(path)) {
        throw new ConfigFileException("cannot read " + path + ": is a directory");
      }
      return Optional.of(new String(Files.readAllBytes(path), StandardCharsets.UTF_8));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw ConfigFileException.of("cannot read", path, e);
    }
  }

  /**
   * The places of the files that are kept beside a configuration.
   *
   * @param real the configuration itself, symbolic links followed
   * @param directory where the others lie
   */
  private record Siblings(Path real, Path directory) {

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

    Optional<String> read(String suffix) throws ConfigFileException {
      return ConfigFile.read(path(suffix));
    }

    /** Writes one, readable by whoever may read the configuration. */
    Path write(String suffix, String text) throws ConfigFileException {
      Path path = path(suffix);
      AtomicFile.write(path, text, real);
      return path;
    }

    /** The same in one step for whoever reads it meanwhile. */
    void replace(String suffix, String text) throws ConfigFileException {
      AtomicFile.replace(write(suffix + ".new", text), path(suffix));
    }

    /**
     * Moves {@code suffix.first} and what follows up by one; what was {@code suffix.last} is gone.
     */
    void rotate(String suffix, int first, int last) throws ConfigFileException {
      for (int number = last - 1; number >= first; number--) {
        Path from = path(suffix + "." + number);
        if (Files.exists(from)) {
          AtomicFile.move(from, path(suffix + "." + (number + 1)));
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
}
