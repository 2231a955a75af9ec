package dev.rollcall.lb.cli;

import dev.rollcall.lb.haproxy.ConfigCheck;
import dev.rollcall.lb.haproxy.HaproxyBinary;
import dev.rollcall.lb.template.Rendering;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Has a rendering checked in a directory of its own, which is gone afterwards. */
final class Trial {
  private static final String NAME = "haproxy.cfg";

  private Trial() {}

  static ConfigCheck of(HaproxyBinary binary, Rendering rendering) throws Exit {
    try {
      // For this user alone: the text may hold a password.
      Path directory = Files.createTempDirectory("lb-renderer-check");
      Path file = directory.resolve(NAME);
      try {
        Files.writeString(file, rendering.text());
        ConfigCheck check = binary.check(file);
        return check instanceof ConfigCheck.Refused refused
            ? new ConfigCheck.Refused(refused.message().replace(file.toString(), NAME))
            : check;
      } finally {
        Files.deleteIfExists(file);
        Files.delete(directory);
      }
    } catch (IOException e) {
      throw new Exit(
          ExitCode.OUTPUT,
          "can't write below " + System.getProperty("java.io.tmpdir") + ": " + e.getMessage());
    }
  }
}
