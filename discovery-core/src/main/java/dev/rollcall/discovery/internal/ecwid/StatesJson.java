package dev.rollcall.discovery.internal.ecwid;

import com.google.gson.JsonParseException;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import dev.rollcall.discovery.internal.api.CheckHashes;
import java.io.IOException;

/**
 * Reads Consul's answer of the checks in a state, of which there may be ten thousands, without
 * holding more than one of them.
 */
final class StatesJson {

  private StatesJson() {}

  /**
   * Reads an answer.
   *
   * @throws JsonParseException if it is of another shape
   */
  static CheckHashes read(Body body) {
    CheckHashes.Builder found = new CheckHashes.Builder();
    try (JsonReader in = new JsonReader(body.reader())) {
      if (in.peek() != JsonToken.BEGIN_ARRAY) {
        throw new JsonParseException("a JSON list was expected");
      }
      in.beginArray();
      while (in.hasNext()) {
        if (in.peek() == JsonToken.BEGIN_OBJECT) {
          readCheck(in, found);
        } else {
          in.skipValue();
        }
      }
      in.endArray();
    } catch (IOException e) {
      throw new JsonParseException(e.getMessage(), e);
    }
    return found.build();
  }

  private static void readCheck(JsonReader in, CheckHashes.Builder found) throws IOException {
    String node = "";
    String check = "";
    String status = "";
    String service = "";
    in.beginObject();
    while (in.hasNext()) {
      switch (in.nextName()) {
        case "Node" -> node = text(in);
        case "CheckID" -> check = text(in);
        case "Status" -> status = text(in);
        case "ServiceName" -> service = text(in);
        default -> in.skipValue();
      }
    }
    in.endObject();
    found.add(service, node, check, status);
  }

  private static String text(JsonReader in) throws IOException {
    if (in.peek() == JsonToken.STRING) {
      return in.nextString();
    }
    in.skipValue();
    return "";
  }
}
