package dev.rollcall.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The runnable jar as a process of its own, with no environment but the one given. */
final class NodeProcess implements AutoCloseable {

  private static final Path JAR = Path.of("target", "web-node.jar");
  private static final Pattern SERVES = Pattern.compile(" (\\S+) serves on port (\\d+)");

  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private final Process process;
  private final List<String> out = new CopyOnWriteArrayList<>();
  private final List<String> err = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Void> read;

  NodeProcess(Map<String, String> environment, String... arguments) throws IOException {
    assertThat(Files.isRegularFile(JAR)).as("mvn package makes " + JAR).isTrue();
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-jar",
            JAR.toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().clear();
    builder.environment().putAll(environment);
    process = builder.start();
    read =
        CompletableFuture.allOf(
            CompletableFuture.runAsync(() -> process.inputReader(UTF_8).lines().forEach(out::add)),
            CompletableFuture.runAsync(() -> process.errorReader(UTF_8).lines().forEach(err::add)));
  }

  /** The port that it serves on; waits until it does. */
  int port() {
    return Integer.parseInt(serves().group(2));
  }

  /** The id that it registers under; waits until it serves. */
  String id() {
    return serves().group(1);
  }

  HttpResponse<String> get(String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
            .timeout(Duration.ofSeconds(5))
            .build();
    return client.send(request, BodyHandlers.ofString());
  }

  /** Asks it to stop, as a container engine does. */
  void sigterm() {
    // Not Process.destroy(), which closes its output as well.
    assertThat(process.toHandle().destroy()).isTrue();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Its exit code; fails if it does not end in time. */
  int exitCode(Duration within) throws Exception {
    assertThat(process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS))
        .as("ended within %s; said %s %s", within, out, err)
        .isTrue();
    read.get(5, TimeUnit.SECONDS);
    return process.exitValue();
  }

  List<String> out() {
    return List.copyOf(out);
  }

  List<String> err() {
    return List.copyOf(err);
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().orTimeout(5, TimeUnit.SECONDS).join();
  }

  private MatchResult serves() {
    return await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> out.stream().flatMap(line -> SERVES.matcher(line).results()).findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }
}
