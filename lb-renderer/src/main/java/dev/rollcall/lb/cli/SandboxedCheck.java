package dev.rollcall.lb.cli;

import dev.rollcall.lb.haproxy.Haproxy.ConfigCheck;
import dev.rollcall.lb.haproxy.HaproxyBinary;
import dev.rollcall.lb.template.RenderedConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Has a rendered configuration checked in a directory of its own, which is gone afterwards. Files
 * beside the configuration lie there too, and what names them is made to name them there.
 */
final class SandboxedCheck {
  private SandboxedCheck() {}

  static ConfigCheck run(HaproxyBinary binary, RenderedConfig rendered) throws ExitException {
    try {
      // For this user alone: the text may hold a password.
      Path directory = Files.createTempDirectory("lb-renderer-check");
      Path config = directory.resolve("haproxy.cfg");
      Map<Path, Path> moved = moved(rendered, directory);
      try {
        return check(binary, rendered, config, moved);
      } finally {
        for (Path file : moved.values()) {
          Files.deleteIfExists(file);
        }
        Files.deleteIfExists(config);
        Files.delete(directory);
      }
    } catch (IOException e) {
      throw new ExitException(
          ExitCode.OUTPUT,
          "can't write below " + System.getProperty("java.io.tmpdir") + ": " + e.getMessage());
    }
  }

  /** Where each file beside the configuration lies; those with the longest names first. */
  private static Map<Path, Path> moved(RenderedConfig rendered, Path directory) {
    Map<Path, Path> moved = new LinkedHashMap<>();
    // A name may begin as another one does.
    rendered.auxiliaryFiles().keySet().stream()
        .sorted(Comparator.comparing((Path path) -> path.toString().length()).reversed())
        .forEach(
            path -> moved.put(path, directory.resolve(moved.size() + "-" + path.getFileName())));
    return moved;
  }

  private static ConfigCheck check(
      HaproxyBinary binary, RenderedConfig rendered, Path config, Map<Path, Path> moved)
      throws IOException {
    for (Map.Entry<Path, Path> file : moved.entrySet()) {
      String text = rendered.auxiliaryFiles().getOrDefault(file.getKey(), "");
      Files.writeString(file.getValue(), renamed(text, moved));
    }
    Files.writeString(config, renamed(rendered.text(), moved));
    ConfigCheck check = binary.check(config);
    if (check instanceof ConfigCheck.Refused refused) {
      String message = refused.message();
      for (Map.Entry<Path, Path> file : moved.entrySet()) {
        message = message.replace(file.getValue().toString(), file.getKey().toString());
      }
      return new ConfigCheck.Refused(message.replace(config.toString(), "haproxy.cfg"));
    }
    return check;
  }

  private static String renamed(String text, Map<Path, Path> moved) {
    String renamed = text;
    for (Map.Entry<Path, Path> file : moved.entrySet()) {
      renamed = renamed.replace(file.getKey().toString(), file.getValue().toString());
    }
    return renamed;
  }
}
