package dev.rollcall.lb.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes a file whole or not at all; it has reached the disk when a method returns. */
final class AtomicFile {

  private static final Logger log = LoggerFactory.getLogger(AtomicFile.class);

  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ALONE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private AtomicFile() {}

  /**
   * Writes a file anew. Where that fails, as on a full disk, nothing stays.
   *
   * @param file not the configuration itself: readers could see it half written
   * @param like a file whoever may read which may read this one
   */
  static void write(Path file, String text, Path like) throws ConfigFileException {
    Permissions permissions = Permissions.of(like);
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
      Permissions old = Permissions.of(to);
      if (Files.exists(to) && !Permissions.of(from).includesReadersOf(old)) {
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

  /**
   * Moves a copy over an older one. Unlike all else here it need not have reached the disk: whoever
   * moves copies replaces a file beside them next.
   */
  static void move(Path from, Path to) throws ConfigFileException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
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

  /**
   * Who may read a file. A new file must not shut HAProxy out: from 3.2 on, a master that cannot
   * read its configuration at a reload ends itself.
   *
   * @param owner null: whoever creates the file
   * @param group null: whatever the directory gives it
   */
  record Permissions(
      @Nullable UserPrincipal owner,
      @Nullable GroupPrincipal group,
      Set<PosixFilePermission> mode) {

    /** A configuration may hold a password, so a first one is not for everybody. */
    private static final Permissions FIRST =
        new Permissions(null, null, PosixFilePermissions.fromString("rw-r-----"));

    /** Those of a file, or of a first one where there is none. */
    static Permissions of(Path file) throws ConfigFileException {
      try {
        PosixFileAttributes attributes = Files.readAttributes(file, PosixFileAttributes.class);
        return new Permissions(attributes.owner(), attributes.group(), attributes.permissions());
      } catch (NoSuchFileException e) {
        return FIRST;
      } catch (IOException e) {
        throw ConfigFileException.of("cannot read", file, e);
      }
    }

    /** Gives them to a file, as far as this user may; see {@link #includesReadersOf}. */
    void applyTo(Path file) throws IOException {
      PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
      PosixFileAttributes now = view.readAttributes();
      try {
        if (group != null && !group.equals(now.group())) {
          view.setGroup(group);
        }
        if (owner != null && !owner.equals(now.owner())) {
          view.setOwner(owner);
        }
      } catch (IOException e) {
        // Only root gives files away, and others only to their own groups: includesReadersOf()
        // says whether that matters.
      }
      view.setPermissions(modeFor(view.readAttributes().group()));
    }

    /** A group that could not be kept is not replaced by another one that could read instead. */
    private Set<PosixFilePermission> modeFor(GroupPrincipal actual) {
      if (group == null || group.equals(actual) || mode.contains(PosixFilePermission.OTHERS_READ)) {
        return mode;
      }
      Set<PosixFilePermission> own = EnumSet.noneOf(PosixFilePermission.class);
      own.addAll(mode);
      own.removeAll(
          Set.of(
              PosixFilePermission.GROUP_READ,
              PosixFilePermission.GROUP_WRITE,
              PosixFilePermission.GROUP_EXECUTE));
      return own;
    }

    /** Whether everybody who may read a file with the other permissions may read one with these. */
    boolean includesReadersOf(Permissions other) {
      boolean everybody = mode.contains(PosixFilePermission.OTHERS_READ);
      boolean sameGroup = other.group == null || other.group.equals(group);
      boolean byGroup = sameGroup && mode.contains(PosixFilePermission.GROUP_READ);
      boolean sameOwner = other.owner == null || other.owner.equals(owner);
      boolean ownerReads =
          sameOwner || everybody || !other.mode.contains(PosixFilePermission.OWNER_READ);
      boolean groupReads =
          byGroup || everybody || !other.mode.contains(PosixFilePermission.GROUP_READ);
      boolean othersRead = everybody || !other.mode.contains(PosixFilePermission.OTHERS_READ);
      return ownerReads && groupReads && othersRead;
    }
  }
}
