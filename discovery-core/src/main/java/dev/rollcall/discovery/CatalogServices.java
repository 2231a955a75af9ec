package dev.rollcall.discovery;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which services there are at one moment. Immutable. Each name can be asked for by {@link
 * ServiceQuery#service}; one that can't be is left out.
 *
 * @param query the query that was answered
 * @param tags for each service's name the tags that any of its instances has, both sorted
 */
public record CatalogServices(CatalogQuery query, SortedMap<String, List<String>> tags) {

  /** Copies and sorts. */
  public CatalogServices {
    SortedMap<String, List<String>> sorted = new TreeMap<>();
    for (Map.Entry<String, List<String>> service : tags.entrySet()) {
      sorted.put(service.getKey(), service.getValue().stream().distinct().sorted().toList());
    }
    tags = Collections.unmodifiableSortedMap(sorted);
  }

  /**
   * The services' names.
   *
   * @return immutable, sorted
   */
  public Set<String> names() {
    return tags.keySet();
  }
}
