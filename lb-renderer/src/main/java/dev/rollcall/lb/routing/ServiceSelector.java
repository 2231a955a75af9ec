package dev.rollcall.lb.routing;

import dev.rollcall.lb.config.PrintableText;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The operator's rule that says which services a template ranges over: those whose name matches one
 * of the patterns and that have one of the tags. Without a pattern every name matches, without tags
 * nobody needs one; without both nothing is selected. Immutable.
 *
 * @param names patterns of whole names, in which {@code *} stands for any number of characters
 * @param tags of which a service needs one
 * @param most how many services are selected at most
 */
public record ServiceSelector(List<String> names, Set<String> tags, int most) {
  /** Selects nothing. */
  public static final ServiceSelector NONE = new ServiceSelector(List.of(), Set.of(), 1);

  /** What a name must be, for messages; a prefix such as {@code be_} has room before it. */
  static final String NAME_RULE =
      "1 to 100 letters, digits and - . _, the first a letter or digit: HAProxy takes no other name";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,99}");
  private static final String CONSUL = "consul";

  /** Copies the collections. */
  public ServiceSelector {
    names = List.copyOf(names);
    tags = Set.copyOf(tags);
  }

  /** Whether it selects nothing, whatever there is. */
  public boolean isNone() {
    return names.isEmpty() && tags.isEmpty();
  }

  /**
   * Whether a service that is there is selected.
   *
   * @param hasTags those of its instances
   */
  public boolean matches(String service, Collection<String> hasTags) {
    return !isNone()
        && isName(service)
        && (names.isEmpty() || names.stream().anyMatch(pattern -> isGlobMatch(pattern, service)))
        && (tags.isEmpty() || hasTags.stream().anyMatch(tags::contains));
  }

  /**
   * Selects among what is there.
   *
   * @param tags of each service that is there
   * @param known those that were selected before; they go before others if there are too many
   */
  public Selection select(Map<String, ? extends Collection<String>> tags, Set<String> known) {
    SortedSet<String> selected = new TreeSet<>();
    SortedMap<String, String> refused = new TreeMap<>();
    Map<String, String> spellings = new HashMap<>();
    for (boolean before : new boolean[] {true, false}) {
      for (String service : new TreeSet<>(tags.keySet())) {
        Collection<String> own = tags.get(service);
        if (known.contains(service) != before || own == null) {
          continue;
        }
        if (!matches(service, own)) {
          refuseUnlessPlainlyNotWanted(service, own, refused);
          continue;
        }
        // Consul finds the instances of both under either name.
        String other = spellings.putIfAbsent(service.toLowerCase(Locale.ROOT), service);
        if (other != null) {
          refused.put(service, "its name differs from that of service " + other + " in case alone");
        } else if (selected.size() < most) {
          selected.add(service);
        } else {
          refused.put(service, "there are " + most + " services already, see --max-services");
        }
      }
    }
    return new Selection(selected, refused);
  }

  private void refuseUnlessPlainlyNotWanted(
      String service, Collection<String> own, Map<String, String> refused) {
    boolean wanted =
        !isNone()
            && !service.equalsIgnoreCase(CONSUL)
            && (names.isEmpty() || names.stream().anyMatch(one -> isGlobMatch(one, service)))
            && (tags.isEmpty() || own.stream().anyMatch(tags::contains));
    if (wanted) {
      refused.put(service, "its name '" + PrintableText.of(service) + "' is not " + NAME_RULE);
    }
  }

  private static boolean isName(String service) {
    return NAME.matcher(service).matches() && !service.equalsIgnoreCase(CONSUL);
  }

  /** Linear in pattern times text; a pattern of the operator against a name of anybody. */
  static boolean isGlobMatch(String pattern, String text) {
    int p = 0;
    int t = 0;
    int star = -1;
    int resume = 0;
    while (t < text.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p;
        p++;
        resume = t;
      } else if (p < pattern.length() && pattern.charAt(p) == text.charAt(t)) {
        p++;
        t++;
      } else if (star >= 0) {
        p = star + 1;
        resume++;
        t = resume;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }

  /**
   * What is selected. Immutable.
   *
   * @param services their names
   * @param refused those that the rule allows and that cannot be had, each with the reason
   */
  public record Selection(SortedSet<String> services, SortedMap<String, String> refused) {}
}
