package dev.rollcall.system;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.Set;
import java.util.TreeSet;

/** The instances of {@code web} that Consul calls passing. */
final class PassingNodes {
  private PassingNodes() {}

  static Set<String> in(Stack stack) throws IOException {
    HttpResponse<String> answer =
        new Site(stack.consul("/")).get("/v1/health/service/web?passing=true", "application/json");
    if (answer.statusCode() != 200) {
      throw new IOException("Consul answered " + answer.statusCode() + ": " + answer.body());
    }
    Set<String> ids = new TreeSet<>();
    for (JsonElement entry : JsonParser.parseString(answer.body()).getAsJsonArray()) {
      ids.add(entry.getAsJsonObject().getAsJsonObject("Service").get("ID").getAsString());
    }
    return ids;
  }
}
