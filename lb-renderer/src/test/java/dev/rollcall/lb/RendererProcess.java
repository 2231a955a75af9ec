package dev.rollcall.lb;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** The program as its users start it: the runnable jar, a process of its own. */
final class RendererProcess implements AutoCloseable {
  private static final Path JAR = Path.of("target/lb-renderer.jar");
  private static final Pattern STATUS = Pattern.compile("Status on (http://[^/]+)/status");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final HttpClient http = HttpClient.newHttpClient();
  private final Path log;
  private final Process process;

  RendererProcess(Path directory, Map<String, String> environment, String... arguments)
      throws IOException {
    log = directory.resolve("renderer.log");
    List<String> command =
        new ArrayList<>(
            List.of(
                // Started by nohup, these tests have SIGHUP ignored; their children would, too.
                "env",
                "--default-signal=HUP",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                JAR.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    process = builder.start();
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The answer's status code and body; zero while nobody answers. */
  Map.Entry<Integer, String> get(String path) {
    Matcher where = STATUS.matcher(log());
    if (!where.find()) {
      return Map.entry(0, "");
    }
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(where.group(1) + path))
              .timeout(Duration.ofSeconds(10))
              .build();
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      return Map.entry(response.statusCode(), response.body());
    } catch (IOException e) {
      return Map.entry(0, e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  JsonObject status() {
    return JsonParser.parseString(get("/status").getValue()).getAsJsonObject();
  }

  /** Waits until something stands in the log. */
  void awaitLog(String text) {
    Awaitility.await().atMost(PATIENCE).until(() -> log().contains(text));
  }

  void awaitReady() {
    Awaitility.await().atMost(PATIENCE).until(() -> get("/readyz").getKey() == 200);
  }

  /** Asks it to stop, and returns its exit code. */
  int terminate() throws InterruptedException {
    process.destroy();
    return ends(Duration.ofSeconds(20));
  }

  /** Sends it a signal, such as {@code HUP}. */
  void signal(String name) throws IOException, InterruptedException {
    Process kill =
        new ProcessBuilder("/bin/sh", "-c", "kill -s " + name + " " + process.pid()).start();
    if (kill.waitFor() != 0) {
      throw new AssertionError("no SIG" + name + " to a process that has ended:\n" + log());
    }
  }

  /** Its exit code, once it has ended. */
  int ends(Duration limit) throws InterruptedException {
    if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new AssertionError("still runs after " + limit.toSeconds() + " s:\n" + log());
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
