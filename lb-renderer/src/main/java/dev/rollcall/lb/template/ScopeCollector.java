package dev.rollcall.lb.template;

import com.samskivert.mustache.Mustache;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Lets JMustache see scopes, values and lists of them. Its own collector would reach every method
 * and field of every object by reflection.
 */
final class ScopeCollector implements Mustache.Collector {
  @Override
  public @Nullable Iterator<?> toIterator(Object value) {
    if (value instanceof List<?> list) {
      return list.iterator();
    }
    return value instanceof Value single && !single.present() ? Collections.emptyIterator() : null;
  }

  @Override
  public Mustache.@Nullable VariableFetcher createFetcher(Object context, String name) {
    return context instanceof MustacheContext
        ? (scope, wanted) -> ((MustacheContext) scope).get(wanted)
        : null;
  }

  @Override
  public <K, V> Map<K, V> createFetcherCache() {
    return new ConcurrentHashMap<>();
  }
}
