package dev.rollcall.lb.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes that have reached the disk when they return. */
final class AtomicFile {

  private static final Logger log = LoggerFactory.getLogger(AtomicFile.class);

  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ALONE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private AtomicFile() {}

  /**
   * Writes a file anew. Where that fails, as on a full disk, nothing stays.
   *
   * @param file not the configuration itself: readers could see it half written
   */
  static void write(Path file, String text, FilePermissions permissions)
      throws ConfigFileException {
    try {
      // A new one, so that neither a link nor the rights of an old file count.
      Files.deleteIfExists(file);
      // Nobody else may open it before it has its permissions, whatever the umask is.
      try (FileChannel channel =
          FileChannel.open(
              file,
              Set.of(
                  StandardOpenOption.CREATE_NEW,
                  StandardOpenOption.WRITE,
                  LinkOption.NOFOLLOW_LINKS),
              OWNER_ALONE)) {
        permissions.applyTo(file);
        writeFully(channel, text.getBytes(StandardCharsets.UTF_8));
        channel.force(true);
      }
    } catch (IOException e) {
      deleteQuietly(file);
      throw ConfigFileException.of("cannot write", file, e);
    }
  }

  /**
   * Moves a file over another in one step; where that cannot be done, writes its text into the
   * other, which keeps its inode, owner and mode, and says so.
   */
  static void replace(Path from, Path to) throws ConfigFileException {
    try {
      FilePermissions old = FilePermissions.of(to);
      if (Files.exists(to) && !FilePermissions.of(from).includesReadersOf(old)) {
        inPlace(from, to, "its owner and group cannot be kept otherwise");
        return;
      }
      try {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
      } catch (FileSystemException e) {
        // EBUSY: the file is itself a mount. EXDEV: it lies on another file system.
        if (!Files.isRegularFile(to) || !Files.isWritable(to)) {
          throw e;
        }
        inPlace(from, to, whyNotReplaced(to, e));
        return;
      }
      syncDirectory(to);
    } catch (IOException e) {
      throw ConfigFileException.of("cannot write", to, e);
    }
  }

  /** The system's reason is of the other place that {@code from} then lies in. */
  private static String whyNotReplaced(Path to, FileSystemException e) {
    Path directory = to.getParent();
    return directory == null || Files.isWritable(directory)
        ? "it cannot be replaced (" + e.getReason() + ")"
        : "its directory " + directory + " is read-only for this user";
  }

  static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      log.warn("cannot delete {}: {}", file, e.toString());
    }
  }

  private static void inPlace(Path from, Path to, String why) throws IOException {
    log.warn("{} is written in place, so a reader may see it half written: {}", to, why);
    byte[] bytes = Files.readAllBytes(from);
    try (FileChannel channel = FileChannel.open(to, StandardOpenOption.WRITE)) {
      // Never empty on the way: over the old text first, then cut to length.
      writeFully(channel, bytes);
      channel.truncate(bytes.length);
      channel.force(true);
    }
    deleteQuietly(from);
  }

  private static void writeFully(FileChannel channel, byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  private static void syncDirectory(Path file) {
    Path directory = file.getParent();
    if (directory == null) {
      return;
    }
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Not every file system can; the text itself is on the disk.
      log.debug("cannot sync {}: {}", directory, e.toString());
    }
  }
}
