package dev.rollcall.lb.cli;

import dev.rollcall.lb.haproxy.ConfigCheck;
import dev.rollcall.lb.haproxy.HaproxyBinary;
import dev.rollcall.lb.template.RenderedConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Has a rendering checked in a directory of its own, which is gone afterwards. Files beside the
 * configuration lie there too, and what names them is made to name them there.
 */
final class SandboxedCheck {
  private static final String NAME = "haproxy.cfg";

  private final Map<String, Path> places = new LinkedHashMap<>();

  private SandboxedCheck(Path directory, RenderedConfig rendering) {
    // The longest first: a name may begin as another one does.
    rendering.auxiliaryFiles().keySet().stream()
        .sorted(Comparator.comparing((Path path) -> path.toString().length()).reversed())
        .forEach(
            path ->
                places.put(
                    path.toString(), directory.resolve(places.size() + "-" + path.getFileName())));
    places.put(NAME, directory.resolve(NAME));
  }

  static ConfigCheck of(HaproxyBinary binary, RenderedConfig rendering) throws ExitException {
    try {
      // For this user alone: the text may hold a password.
      Path directory = Files.createTempDirectory("lb-renderer-check");
      SandboxedCheck trial = new SandboxedCheck(directory, rendering);
      try {
        return trial.run(binary, rendering);
      } finally {
        for (Path place : trial.places.values()) {
          Files.deleteIfExists(place);
        }
        Files.delete(directory);
      }
    } catch (IOException e) {
      throw new ExitException(
          ExitCode.OUTPUT,
          "can't write below " + System.getProperty("java.io.tmpdir") + ": " + e.getMessage());
    }
  }

  private ConfigCheck run(HaproxyBinary binary, RenderedConfig rendering) throws IOException {
    for (Map.Entry<Path, String> other : rendering.auxiliaryFiles().entrySet()) {
      Files.writeString(place(other.getKey().toString()), here(other.getValue()));
    }
    Files.writeString(place(NAME), here(rendering.text()));
    ConfigCheck check = binary.check(place(NAME));
    return check instanceof ConfigCheck.Refused refused
        ? new ConfigCheck.Refused(there(refused.message()))
        : check;
  }

  private Path place(String name) {
    return Objects.requireNonNull(places.get(name));
  }

  private String here(String text) {
    String moved = text;
    for (Map.Entry<String, Path> place : places.entrySet()) {
      if (!place.getKey().equals(NAME)) {
        moved = moved.replace(place.getKey(), place.getValue().toString());
      }
    }
    return moved;
  }

  private String there(String text) {
    String moved = text;
    for (Map.Entry<String, Path> place : places.entrySet()) {
      moved = moved.replace(place.getValue().toString(), place.getKey());
    }
    return moved;
  }
}
