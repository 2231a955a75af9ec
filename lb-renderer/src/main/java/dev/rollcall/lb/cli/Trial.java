package dev.rollcall.lb.cli;

import dev.rollcall.lb.haproxy.ConfigCheck;
import dev.rollcall.lb.haproxy.HaproxyBinary;
import dev.rollcall.lb.template.Rendering;
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
final class Trial {
  private static final String NAME = "haproxy.cfg";

  private final Map<String, Path> places = new LinkedHashMap<>();

  private Trial(Path directory, Rendering rendering) {
    // The longest first: a name may begin as another one does.
    rendering.others().keySet().stream()
        .sorted(Comparator.comparing((Path path) -> path.toString().length()).reversed())
        .forEach(
            path ->
                places.put(
                    path.toString(), directory.resolve(places.size() + "-" + path.getFileName())));
    places.put(NAME, directory.resolve(NAME));
  }

  static ConfigCheck of(HaproxyBinary binary, Rendering rendering) throws Exit {
    try {
      // For this user alone: the text may hold a password.
      Path directory = Files.createTempDirectory("lb-renderer-check");
      Trial trial = new Trial(directory, rendering);
      try {
        return trial.run(binary, rendering);
      } finally {
        for (Path place : trial.places.values()) {
          Files.deleteIfExists(place);
        }
        Files.delete(directory);
      }
    } catch (IOException e) {
      throw new Exit(
          ExitCode.OUTPUT,
          "can't write below " + System.getProperty("java.io.tmpdir") + ": " + e.getMessage());
    }
  }

  private ConfigCheck run(HaproxyBinary binary, Rendering rendering) throws IOException {
    for (Map.Entry<Path, String> other : rendering.others().entrySet()) {
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
