package dev.rollcall.lb.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Files that are rendered with the configuration: maps, error pages, further configurations. Each
 * is kept as a {@link ConfigFile} is, so that all of them are restored together to what HAProxy was
 * last seen to serve from. Used by one thread at a time.
 */
public final class AuxiliaryFiles {
  private final Map<Path, String> wanted = new TreeMap<>();
  private final List<Path> changed = new ArrayList<>();

  /**
   * What {@link #install} is to write.
   *
   * @param texts by the path of the file; a file that is no longer among them stays as it is
   */
  public void setWanted(Map<Path, String> texts) {
    wanted.clear();
    wanted.putAll(texts);
  }

  /** Begins a change: {@link #restore} does not undo what was written before it. */
  public void beginChange() {
    changed.clear();
  }

  /**
   * Writes the files that differ, each in one step. They have to be there before the configuration
   * is checked, since HAProxy reads them then.
   */
  public void install() throws ConfigFileException {
    for (Map.Entry<Path, String> each : wanted.entrySet()) {
      ConfigFile file = new ConfigFile(each.getKey());
      if (!file.current().equals(Optional.of(each.getValue()))) {
        file.install(file.writeCandidate(each.getValue()));
        changed.add(each.getKey());
      }
    }
  }

  /**
   * Which of the files that a configuration reads were written by this change, or are not what
   * HAProxy was last seen to serve from: HAProxy reads them at a reload alone. A file is read if
   * its name stands in the configuration or in another of the files, or if it is a configuration
   * itself.
   *
   * @param served whether there is an HAProxy that could have been seen
   */
  public List<Path> needingReload(String configuration, boolean served) throws ConfigFileException {
    List<Path> due = new ArrayList<>();
    for (Map.Entry<Path, String> each : wanted.entrySet()) {
      Path path = each.getKey();
      if (isRead(path, configuration)
          && (changed.contains(path)
              || (served
                  && !new ConfigFile(path).lastKnownGood().equals(Optional.of(each.getValue()))))) {
        due.add(path);
      }
    }
    return due;
  }

  private boolean isRead(Path path, String configuration) {
    String name = String.valueOf(path.getFileName());
    Collection<String> texts = wanted.values();
    return name.endsWith(".cfg")
        || configuration.contains(name)
        || texts.stream().anyMatch(text -> text.contains(name));
  }

  /**
   * Restores what was last known as good; where that is unknown, what was there before this change,
   * which may be nothing. If one can't be restored the others are all the same.
   *
   * @throws ConfigFileException about the first that could not be put back
   */
  public void restore() throws ConfigFileException {
    @Nullable ConfigFileException first = null;
    for (Path path : wanted.keySet()) {
      ConfigFile file = new ConfigFile(path);
      try {
        if (changed.contains(path) || file.lastKnownGood().isPresent()) {
          file.restore();
        }
      } catch (ConfigFileException e) {
        first = first == null ? e : first;
      }
    }
    changed.clear();
    if (first != null) {
      throw first;
    }
  }

  /** Notes that HAProxy serves from the files as they are now. */
  public void markGood() throws ConfigFileException {
    for (Path path : wanted.keySet()) {
      new ConfigFile(path).markGood();
    }
  }
}
