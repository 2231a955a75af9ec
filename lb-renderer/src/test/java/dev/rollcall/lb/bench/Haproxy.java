package dev.rollcall.lb.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * HAProxy in a container on this machine's own network, so that nothing but loopback lies between
 * it, its clients and its servers; with a directory of ours under the same path.
 */
final class Haproxy implements AutoCloseable {
  static final String SITE_ADDRESS = "127.25.0.2";

  static final int SITE_PORT = 8080;

  /** Where the site of {@link #COMMON} is. */
  static final InetSocketAddress SITE = Endpoint.of(SITE_ADDRESS, SITE_PORT);

  /** What every balancer here has in common. Weights count, and count at once. */
  static final String COMMON =
      """
      global
          maxconn 4000
          hard-stop-after 30s
      defaults
          mode http
          timeout connect 2s
          timeout client 30s
          timeout server 30s
          timeout check 1s
          timeout http-keep-alive 10s
          option idle-close-on-response
          option redispatch 1
          retries 3
          retry-on conn-failure empty-response
          default-server inter 5s fastinter 500ms downinter 1s fall 2 rise 1
      frontend site
          bind %s:%d
          use_backend %%[req.hdr(host)] if { req.hdr(host) -m beg s- }
          default_backend web
      """
          .formatted(SITE_ADDRESS, SITE_PORT);

  private final String container;

  private Haproxy(String container) {
    this.container = container;
  }

  /** The image that the project tests with. */
  static String image() {
    return Objects.requireNonNull(System.getenv("HAPROXY_IMAGE"), "HAPROXY_IMAGE is not set");
  }

  /** Starts one with these arguments to {@code haproxy}. */
  static Haproxy start(Path directory, String... arguments) throws IOException {
    return run(directory, "haproxy", List.of(arguments));
  }

  /** The arguments of one with a master, whose socket may do everything. */
  static String[] withMaster(Path socket, Path configuration) {
    return new String[] {
      "-W", "-db", "-S", socket + ",mode,660,level,admin", "-f", configuration.toString()
    };
  }

  /** Starts another program of the same image, which runs HAProxy itself. */
  static Haproxy run(Path directory, String program, List<String> arguments) throws IOException {
    return run(image(), directory, program, arguments);
  }

  /** Starts a program of another image in the same way. */
  static Haproxy run(String image, Path directory, String program, List<String> arguments)
      throws IOException {
    List<String> words =
        new ArrayList<>(List.of("docker", "run", "-d", "--init", "--network", "host"));
    String label = Objects.requireNonNullElse(System.getenv("BENCH_LABEL"), "dev.rollcall.bench=0");
    words.addAll(List.of("--label", label, "--user", "0:0"));
    words.addAll(List.of("-v", directory + ":" + directory, "--entrypoint", program, image));
    words.addAll(arguments);
    return new Haproxy(Command.run(words));
  }

  /** What it has said. */
  String log() throws IOException {
    return Command.run(List.of("docker", "logs", "--tail", "20", container));
  }

  @Override
  public void close() throws IOException {
    Command.run(Stream.of("docker", "rm", "-f", container).toList());
  }
}
