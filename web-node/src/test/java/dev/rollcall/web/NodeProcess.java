package dev.rollcall.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
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
  private final StringBuffer out = new StringBuffer();
  private final StringBuffer err = new StringBuffer();
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
            CompletableFuture.runAsync(() -> copy(process.getInputStream(), out)),
            CompletableFuture.runAsync(() -> copy(process.getErrorStream(), err)));
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
    process.destroy();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Its exit code; fails if it does not end in time. */
  int exitCode(Duration within) throws Exception {
    assertThat(process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS))
        .as("ended within %s; said:%n%s%s", within, out, err)
        .isTrue();
    read.get(5, TimeUnit.SECONDS);
    return process.exitValue();
  }

  List<String> out() {
    return out.toString().lines().toList();
  }

  List<String> err() {
    return err.toString().lines().toList();
  }

  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
  }

  private MatchResult serves() {
    return await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> SERVES.matcher(out).results().findFirst(), Optional::isPresent)
        .orElseThrow();
  }

  private static void copy(InputStream from, StringBuffer to) {
    try (from) {
      byte[] bytes = new byte[4_096];
      for (int n = from.read(bytes); n >= 0; n = from.read(bytes)) {
        to.append(new String(bytes, 0, n, StandardCharsets.UTF_8));
      }
    } catch (IOException ended) {
      to.append("(output cut off: ").append(ended.getMessage()).append(")\n");
    }
  }
}
