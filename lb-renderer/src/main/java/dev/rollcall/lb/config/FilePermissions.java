package dev.rollcall.lb.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may read a file. A new file must not shut HAProxy out: from 3.2 on, a master that cannot read
 * its configuration at a reload ends itself.
 *
 * @param owner null: whoever creates the file
 * @param group null: whatever the directory gives it
 */
record FilePermissions(
    @Nullable UserPrincipal owner, @Nullable GroupPrincipal group, Set<PosixFilePermission> mode) {

  /** A configuration may hold a password, so a first one is not for everybody. */
  private static final FilePermissions FIRST =
      new FilePermissions(null, null, PosixFilePermissions.fromString("rw-r-----"));

  /** Those of a file, or of a first one where there is none. */
  static FilePermissions of(Path file) throws ConfigFileException {
    try {
      PosixFileAttributes attributes = Files.readAttributes(file, PosixFileAttributes.class);
      return new FilePermissions(attributes.owner(), attributes.group(), attributes.permissions());
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
      // Only root gives files away, and others only to their own groups. Whether it matters is told
      // by
      // lets().
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
  boolean includesReadersOf(FilePermissions other) {
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
