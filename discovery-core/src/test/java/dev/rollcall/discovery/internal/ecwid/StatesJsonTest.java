package dev.rollcall.discovery.internal.ecwid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParseException;
import dev.rollcall.discovery.internal.api.CheckHashes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatesJsonTest {

  private static CheckHashes read(String content) {
    return StatesJson.read(Body.of(content));
  }

  private static String check(
      String node, String id, String status, String output, String service) {
    return """
        {"Node": "%s", "CheckID": "%s", "Name": "x", "Status": "%s", "Notes": "",
         "Output": "%s", "ServiceID": "web-1", "ServiceName": "%s", "ServiceTags": ["a"],
         "Definition": {"Interval": "0s"}, "CreateIndex": 12, "ModifyIndex": 13}"""
        .formatted(node, id, status, output, service);
  }

  @Test
  void readsWhatMakesADifferenceAndLeavesOutTheRest() {
    CheckHashes.Builder wanted = new CheckHashes.Builder();
    wanted.add("web", "n", "service:web-1", "passing");
    wanted.add("", "n", "serfHealth", "critical");
    for (String output : new String[] {"", "all is well ]}\\\""}) {
      assertThat(
              read(
                  "["
                      + check("n", "service:web-1", "passing", output, "web")
                      + ", "
                      + check("n", "serfHealth", "critical", output, "")
                      + "]"))
          .isEqualTo(wanted.build());
    }
  }

  @Test
  void whatIsNoCheckIsNone() {
    CheckHashes.Builder wanted = new CheckHashes.Builder();
    wanted.add("", "", "", "");
    wanted.add("web", "", "", "");
    assertThat(
            read("[7, null, [], \"x\", {\"Node\": {}, \"Status\": 5}, {\"ServiceName\": \"web\"}]"))
        .isEqualTo(wanted.build());
    assertThat(read("[]").checks()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null", "{}", "7", "[", "[{", "[{\"Node\":", "<html>", "[{]}"})
  void whatIsNoListIsRefused(String content) {
    assertThatThrownBy(() -> read(content)).isInstanceOf(JsonParseException.class);
  }
}
