package dev.rollcall.discovery.internal.ecwid;

import com.google.gson.JsonParseException;
import dev.rollcall.discovery.ServiceInstance;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads Consul's answers of a service's instances, one after the other. Anybody who may register a
 * service may have written what they hold: an instance that cannot be used is left out, and does
 * not spoil the others. What stands in an answer as it stood in the one before is not read again.
 * Not thread-safe.
 */
final class HealthJson {

  /** What an answer holds. */
  record Reading(List<ServiceInstance> instances, List<String> leftOut) {}

  private Listed listed = new Listed(Body.NONE);

  /**
   * Reads an answer.
   *
   * @throws JsonParseException if it is not a list at all
   */
  Reading read(Body body) {
    Listed now = new Listed(body);
    JsonListing listing = new JsonListing(body);
    int likely = 0;
    while (listing.advance()) {
      int at = listing.at();
      HealthEntry entry = listed.at(likely);
      if (entry != null && entry.isRepeated(body, at, listed.body)) {
        listing.skipTo(at + entry.length());
        likely++;
        now.add(entry.at(at));
      } else {
        listing.skip();
        entry = HealthEntry.read(body, at, listing.at());
        // Consul keeps the order: after one that changed come those that came after it before.
        likely = listed.after(entry, likely);
        now.add(entry);
      }
    }
    listed = now;
    return new Reading(OneOfEach.of(now.instances), now.leftOut);
  }

  /** The entries of an answer in their order. */
  private static final class Listed {
    private final Body body;
    private final List<HealthEntry> entries = new ArrayList<>();
    private final Map<HealthEntry.Key, Integer> places = new HashMap<>();
    private final List<ServiceInstance> instances = new ArrayList<>();
    private final List<String> leftOut = new ArrayList<>();

    Listed(Body body) {
      this.body = body;
    }

    void add(HealthEntry entry) {
      entries.add(entry);
      ServiceInstance instance = entry.instance();
      if (instance == null) {
        leftOut.add(entry.leftOut());
      } else if (places.putIfAbsent(entry.key(), entries.size() - 1) == null) {
        instances.add(instance);
      } else {
        leftOut.add(entry.key() + ": it is there twice");
      }
    }

    @Nullable HealthEntry at(int place) {
      return place < entries.size() ? entries.get(place) : null;
    }

    int after(HealthEntry entry, int otherwise) {
      Integer place = entry.instance() == null ? null : places.get(entry.key());
      return place == null ? otherwise : place + 1;
    }
  }
}
