package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a bill of materials lists is what lies in the image, neither less nor more. */
class BillOfMaterialsIT {
  private static final String FIND =
      "docker run --rm --network none --user 0 --entrypoint find %s / -xdev -name *.jar";

  /** The base image's own. */
  private static final String RUNTIME = "/opt/java/";

  @ParameterizedTest
  @ValueSource(strings = {"web-node", "web-node/launcher", "lb-renderer"})
  void theBillListsTheJarsOfTheImageAndTheImageHasNoOthers(String directory) throws IOException {
    Path module = Stack.ROOT.resolve(directory);
    String name = String.valueOf(module.getFileName());
    Path file = module.resolve("target/" + name + ".cdx.json");
    assertThat(file).as("made by mvn package, but not by mvn -o").exists();
    JsonObject bill = JsonParser.parseString(Files.readString(file)).getAsJsonObject();

    Set<String> listed = new TreeSet<>();
    for (JsonElement component : bill.getAsJsonArray("components")) {
      listed.add(jar(component.getAsJsonObject()));
    }
    assertThat(listed).isNotEmpty();
    listed.add(jar(bill.getAsJsonObject("metadata").getAsJsonObject("component")));

    assertThat(jarsIn("rollcall/" + name + ":" + Stack.builtTag())).isEqualTo(listed);
    assertThat(bill.getAsJsonObject("metadata").has("timestamp"))
        .as("a time, which differs from build to build")
        .isFalse();
  }

  private static String jar(JsonObject component) {
    return component.get("name").getAsString()
        + "-"
        + component.get("version").getAsString()
        + ".jar";
  }

  private static Set<String> jarsIn(String image) {
    return Command.of(FIND.formatted(image).split(" ", -1)).run().orFail().lines().stream()
        .filter(jar -> !jar.startsWith(RUNTIME))
        .map(jar -> jar.substring(jar.lastIndexOf('/') + 1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
