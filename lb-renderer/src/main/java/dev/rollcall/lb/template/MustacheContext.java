package dev.rollcall.lb.template;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the names of a template mean at one place of it. */
@FunctionalInterface
interface MustacheContext {
  /** The meaning of a name that is not known here: JMustache then asks the context around it. */
  Object UNKNOWN = Template.NO_FETCHER_FOUND;

  /** A {@link Value}, a list of values or contexts, or {@link #UNKNOWN}; never null. */
  Object get(String name);

  /**
   * One value: written where it is named, and in a section true if it is there. It is checked when
   * the template writes it, and not before: what a template does not use does no harm.
   *
   * @param text the value, null or empty if there is none
   * @param written gives what to write, and takes note of what is wrong with it
   */
  record Value(@Nullable String text, Supplier<String> written) {
    /** A value that is known to be fit for any place, or null for one that is not there. */
    static Value trusted(@Nullable String text) {
      String known = text == null ? "" : text;
      return new Value(text, () -> known);
    }
  }

  /**
   * Lets JMustache see contexts, values and lists of them. Its own collector would reach every
   * method and field of every object by reflection.
   */
  final class Collector implements Mustache.Collector {
    @Override
    public @Nullable Iterator<?> toIterator(Object value) {
      if (value instanceof List<?> list) {
        return list.iterator();
      }
      return value instanceof Value single && (single.text() == null || single.text().isEmpty())
          ? Collections.emptyIterator()
          : null;
    }

    @Override
    public Mustache.@Nullable VariableFetcher createFetcher(Object context, String name) {
      return context instanceof MustacheContext
          ? (known, wanted) -> ((MustacheContext) known).get(wanted)
          : null;
    }

    @Override
    public <K, V> Map<K, V> createFetcherCache() {
      return new ConcurrentHashMap<>();
    }
  }
}
