package dev.rollcall.lb.config;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Set;

/** A directory below the system's directory for temporary files that is this user's alone. */
public final class PrivateDirectory {

  private static final Set<PosixFilePermission> MODE = PosixFilePermissions.fromString("rwx------");

  /** For this user alone. */
  public static final FileAttribute<Set<PosixFilePermission>> ATTRIBUTE =
      PosixFilePermissions.asFileAttribute(MODE);

  private PrivateDirectory() {}

  /**
   * The one that belongs to a configuration; the same again after a restart.
   *
   * @throws ConfigFileException when it cannot be made, or is not this user's
   */
  public static Path of(Path config) throws ConfigFileException {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
    String name =
        "lb-renderer-"
            + HexFormat.of().toHexDigits(config.toAbsolutePath().normalize().toString().hashCode());
    Path directory = temporary.resolve(name);
    try {
      try {
        Files.createDirectory(directory, ATTRIBUTE);
      } catch (FileAlreadyExistsException e) {
        // From an earlier run, or judged below.
      }
      // Somebody else may have been there first, with a directory or a link of theirs.
      boolean own =
          Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
              && Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS).equals(MODE)
              && Files.getOwner(directory).equals(Files.getOwner(Path.of("/proc/self")));
      if (!own) {
        throw new ConfigFileException("cannot use " + directory + ": it is not this user's alone");
      }
      return directory;
    } catch (IOException e) {
      throw ConfigFileException.of("cannot use", directory, e);
    }
  }
}
