package dev.rollcall.discovery.internal.ecwid;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A JSON value that is read as what it should be: where it is absent, null or of another type, the
 * reader gets an empty one. Anybody who may register a service may have written it.
 */
record LenientJson(JsonElement value) {

  private static final TypeAdapter<JsonElement> ELEMENTS = new Gson().getAdapter(JsonElement.class);

  /** One that is not there. */
  static final LenientJson ABSENT = new LenientJson(JsonNull.INSTANCE);

  /**
   * Parses a text; an empty one is null.
   *
   * @throws JsonParseException if it is no JSON
   */
  static LenientJson parse(String text) {
    return new LenientJson(JsonParser.parseString(text));
  }

  /**
   * Parses an object.
   *
   * @param content in UTF-8
   * @throws JsonParseException if it is none
   */
  static Map<String, LenientJson> parseObject(byte[] content) {
    JsonElement root = JsonParser.parseString(new String(content, StandardCharsets.UTF_8));
    if (!root.isJsonObject()) {
      throw new JsonParseException("a JSON object was expected");
    }
    Map<String, LenientJson> members = new LinkedHashMap<>();
    root.getAsJsonObject()
        .asMap()
        .forEach((name, each) -> members.put(name, new LenientJson(each)));
    return members;
  }

  /**
   * Parses a value, and takes nothing that JSON does not allow.
   *
   * @throws JsonParseException if it is none, or something follows
   */
  static LenientJson parseStrictly(String text) {
    JsonReader in = new JsonReader(new StringReader(text));
    try {
      JsonElement value = ELEMENTS.read(in);
      if (in.peek() != JsonToken.END_DOCUMENT) {
        throw new JsonParseException("something follows the JSON value");
      }
      return new LenientJson(value);
    } catch (IOException e) {
      throw new JsonParseException(e.getMessage(), e);
    }
  }

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

  /** One of Consul's indexes; 0 if there is none. */
  long index(String name) {
    JsonElement number = get(name).value;
    if (!number.isJsonPrimitive() || !number.getAsJsonPrimitive().isNumber()) {
      return 0;
    }
    try {
      return Math.max(0, new BigDecimal(number.getAsString()).longValueExact());
    } catch (ArithmeticException | NumberFormatException e) {
      return 0;
    }
  }

  boolean isTrue(String name) {
    JsonElement flag = get(name).value;
    return flag.isJsonPrimitive() && flag.getAsJsonPrimitive().isBoolean() && flag.getAsBoolean();
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
