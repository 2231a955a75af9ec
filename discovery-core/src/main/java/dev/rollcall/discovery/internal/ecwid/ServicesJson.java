package dev.rollcall.discovery.internal.ecwid;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.rollcall.discovery.internal.net.Require;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads Consul's answer of the services' names and tags, which anybody may have chosen. */
final class ServicesJson {

  /** What an answer holds. */
  record Reading(SortedMap<String, List<String>> tags, List<String> leftOut) {}

  private ServicesJson() {}

  /**
   * Reads an answer.
   *
   * @throws JsonParseException if it is of another shape
   */
  static Reading read(String content) {
    JsonElement root = JsonParser.parseString(content);
    if (!root.isJsonObject()) {
      throw new JsonParseException("a JSON object was expected");
    }
    SortedMap<String, List<String>> tags = new TreeMap<>();
    List<String> leftOut = new ArrayList<>();
    root.getAsJsonObject()
        .asMap()
        .forEach(
            (name, values) -> {
              if (Require.isQueryableName(name)) {
                tags.put(name, new LenientJson(values).texts());
              } else {
                leftOut.add(
                    "service \"" + LenientJson.printable(name) + "\": it can't be asked for");
              }
            });
    return new Reading(tags, leftOut);
  }
}
