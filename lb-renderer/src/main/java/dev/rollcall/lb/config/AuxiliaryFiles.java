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

  /** What HAProxy was told at run time, until that is recorded as good. */
  private final Map<Path, String> unrecorded = new TreeMap<>();

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
   * A file that HAProxy does not serve from as it is now. Immutable.
   *
   * @param running the text that HAProxy was last seen to serve from; empty when that is not known
   * @param wanted the text that the file has now
   * @param readByFiles whether it is a configuration, or another of the files names it
   */
  public record Change(Path path, Optional<String> running, String wanted, boolean readByFiles) {}

  /**
   * Those of the files that a configuration reads that were written by this change, or are not what
   * HAProxy was last seen to serve from: HAProxy reads them at a reload alone. A file is read if
   * its name stands in the configuration or in another of the files, or if it is a configuration
   * itself.
   *
   * @param served whether there is an HAProxy that could have been seen
   */
  public List<Change> changes(String configuration, boolean served) throws ConfigFileException {
    List<Change> due = new ArrayList<>();
    for (Map.Entry<Path, String> each : wanted.entrySet()) {
      Path path = each.getKey();
      boolean readByFiles = isReadByFiles(path);
      if (readByFiles || configuration.contains(String.valueOf(path.getFileName()))) {
        Optional<String> running = served ? running(path) : Optional.empty();
        if (changed.contains(path) || (served && !running.equals(Optional.of(each.getValue())))) {
          due.add(new Change(path, running, each.getValue(), readByFiles));
        }
      }
    }
    return due;
  }

  /** What HAProxy was last seen to serve from, by the path of the file; the others are missing. */
  public Map<Path, String> running() throws ConfigFileException {
    Map<Path, String> running = new TreeMap<>();
    for (Path path : wanted.keySet()) {
      running(path).filter(text -> !isReadByFiles(path)).ifPresent(text -> running.put(path, text));
    }
    return running;
  }

  /** What the files have now, by path; without those that are no plain data of HAProxy's. */
  public Map<Path, String> texts() throws ConfigFileException {
    Map<Path, String> texts = new TreeMap<>();
    for (Path path : wanted.keySet()) {
      new ConfigFile(path)
          .current()
          .filter(text -> !isReadByFiles(path))
          .ifPresent(text -> texts.put(path, text));
    }
    return texts;
  }

  /**
   * HAProxy was told at run time what is in these files now, or reads it when it starts; of no
   * other files this is to be said.
   */
  public void changedAtRunTime(Collection<Path> files) {
    files.forEach(path -> unrecorded.put(path, wanted.getOrDefault(path, "")));
  }

  private Optional<String> running(Path path) throws ConfigFileException {
    String text = unrecorded.get(path);
    return text == null ? new ConfigFile(path).lastKnownGood() : Optional.of(text);
  }

  private boolean isReadByFiles(Path path) {
    String name = String.valueOf(path.getFileName());
    return name.endsWith(".cfg")
        || wanted.entrySet().stream()
            .anyMatch(each -> !each.getKey().equals(path) && each.getValue().contains(name));
  }

  /**
   * Restores what HAProxy runs: what it was told at run time, and for all others as {@link
   * #restore} does.
   *
   * @throws ConfigFileException about the first that could not be put back
   */
  public void restoreRunning() throws ConfigFileException {
    Map<Path, String> told = new TreeMap<>(unrecorded);
    try {
      restore();
    } finally {
      unrecorded.putAll(told);
    }
    for (Map.Entry<Path, String> each : told.entrySet()) {
      ConfigFile file = new ConfigFile(each.getKey());
      file.install(file.writeCandidate(each.getValue()));
    }
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
    unrecorded.clear();
    if (first != null) {
      throw first;
    }
  }

  /** Notes that HAProxy serves from the files as they are now. */
  public void markGood() throws ConfigFileException {
    for (Path path : wanted.keySet()) {
      new ConfigFile(path).markGood();
    }
    unrecorded.clear();
  }
}
