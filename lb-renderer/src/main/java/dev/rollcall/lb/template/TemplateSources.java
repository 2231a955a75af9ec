package dev.rollcall.lb.template;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where the templates come from that are read, checked and rendered together. Immutable.
 *
 * @param main the one of HAProxy's configuration
 * @param others those of the auxiliary files, by path
 */
public record TemplateSources(TemplateSource main, Map<Path, TemplateSource> others) {
  /** Copies the map. */
  public TemplateSources {
    others = Collections.unmodifiableMap(new TreeMap<>(others));
  }

  /** The one of the configuration alone. */
  public static TemplateSources only(TemplateSource main) {
    return new TemplateSources(main, Map.of());
  }

  /** What messages call them. */
  public String name() {
    return String.join(", ", all().stream().map(TemplateSource::name).toList());
  }

  /** Something that differs from what it was if one of the texts may have changed; cheap. */
  public String stamp() {
    return String.join("\n", all().stream().map(TemplateSource::stamp).toList());
  }

  /**
   * The texts as they are now, the configuration's first.
   *
   * @throws TemplateException if one can't be read
   */
  public List<String> read() throws TemplateException {
    List<String> texts = new ArrayList<>();
    for (TemplateSource source : all()) {
      texts.add(source.read());
    }
    return List.copyOf(texts);
  }

  /**
   * Checks texts in full.
   *
   * @param texts what {@link #read} gave
   * @throws TemplateException if one is wrong
   */
  public HaproxyTemplate compile(List<String> texts, TemplateEnvironment environment)
      throws TemplateException {
    Map<Path, HaproxyTemplate> compiled = new TreeMap<>();
    int next = 1;
    for (Map.Entry<Path, TemplateSource> other : others.entrySet()) {
      compiled.put(
          other.getKey(),
          HaproxyTemplate.compile(other.getValue().name(), texts.get(next), environment));
      next++;
    }
    return HaproxyTemplate.compile(main.name(), texts.get(0), environment).with(compiled);
  }

  private List<TemplateSource> all() {
    List<TemplateSource> all = new ArrayList<>(List.of(main));
    all.addAll(others.values());
    return all;
  }
}
