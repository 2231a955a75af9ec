package dev.rollcall.discovery.internal.ecwid;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A JSON value that is read as what it should be: where it is absent, null or of another type, the
 * reader gets an empty one.
 */
record LenientJson(JsonElement value) {

  LenientJson get(String name) {
    JsonElement member = value.isJsonObject() ? value.getAsJsonObject().get(name) : null;
    return new LenientJson(member == null ? JsonNull.INSTANCE : member);
  }

  String text(String name) {
    return get(name).text();
  }

  private String text() {
    return isText() ? value.getAsString() : "";
  }

  private boolean isText() {
    return value.isJsonPrimitive() && value.getAsJsonPrimitive().isString();
  }

  int number(String name, int otherwise) {
    JsonElement number = get(name).value;
    if (!number.isJsonPrimitive() || !number.getAsJsonPrimitive().isNumber()) {
      return otherwise;
    }
    try {
      return new BigDecimal(number.getAsString()).intValueExact();
    } catch (ArithmeticException | NumberFormatException e) {
      return otherwise;
    }
  }

  List<LenientJson> list() {
    List<LenientJson> values = new ArrayList<>();
    if (value.isJsonArray()) {
      value.getAsJsonArray().forEach(each -> values.add(new LenientJson(each)));
    }
    return values;
  }

  List<String> texts() {
    return list().stream().filter(LenientJson::isText).map(LenientJson::text).toList();
  }

  Map<String, String> pairs() {
    Map<String, String> pairs = new TreeMap<>();
    if (value.isJsonObject()) {
      value
          .getAsJsonObject()
          .asMap()
          .forEach(
              (key, each) -> {
                if (new LenientJson(each).isText()) {
                  pairs.put(key, each.getAsString());
                }
              });
    }
    return pairs;
  }

  /** A text that is safe and short enough for a log line. */
  static String printable(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= 80 ? line : line.substring(0, 80) + "...";
  }
}
