package dev.rollcall.measure.load;

import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The constant load on the published port while it goes on: {@link #RATE} requests a second of each
 * of four kinds, GET and POST, over kept and over new connections. Used by one thread.
 */
public final class LoadTest {
  /** Requests a second of each kind. */
  public static final int RATE = Integer.parseInt(MeasurementRun.environment("LOAD_RATE", "30"));

  /** Connections that are kept, of GET and of POST each; {@code lib/load.sh} says the same. */
  public static final int KEPT_CONNECTIONS = 20;

  /** Until the load must be answered: a busy machine takes so long to start JMeter. */
  public static final int START_SECONDS = 90;

  private static final int RAMP_SECONDS = 10;

  /** What began before the end of the load may take so long: more than a slow answer. */
  private static final int TAIL_SECONDS = 5;

  /** Of each node, one after the other, before the load. */
  private static final int WARM_UP_REQUESTS = 300;

  private final LoadRecord requests;
  private final Process jmeter;
  private final Process deliveries;
  private final int control;
  private long begin;

  private LoadTest(LoadRecord requests, Process jmeter, Process deliveries, int control) {
    this.requests = requests;
    this.jmeter = jmeter;
    this.deliveries = deliveries;
    this.control = control;
  }

  /**
   * Starts the load on that host, and returns when it has its full rate and is answered: what
   * begins from then on is counted, and what failed before is told. It ends by itself after so many
   * seconds.
   *
   * @param directory for what the load records; it exists and is empty
   * @param deliveries what follows the log of the nodes into {@code deliveries.log} there
   * @param slow requests a second besides that take 3 s
   * @param control the UDP port that JMeter takes its commands from
   */
  public static LoadTest begin(
      MeasurementRun session,
      Path directory,
      Process deliveries,
      String host,
      int port,
      int slow,
      int seconds,
      int control) {
    Process jmeter =
        session
            .commands()
            .start(
                directory.resolve("jmeter.out"),
                List.of(
                    session.measure().resolve("lib/load.sh").toString(),
                    directory.toString(),
                    host,
                    Integer.toString(port),
                    Integer.toString(seconds),
                    Integer.toString(control),
                    Integer.toString(slow)));
    LoadTest load = new LoadTest(new LoadRecord(directory), jmeter, deliveries, control);
    session.atEnd(load::abandon);
    load.awaitFullRate();
    return load;
  }

  private void awaitFullRate() {
    long began = System.nanoTime();
    if (!Waiting.until(START_SECONDS, () -> goesOn() && any())) {
      throw new ExitException(
          ExitException.FAILED,
          "JMeter has not begun within %d s; see %s".formatted(START_SECONDS, directory()));
    }
    Waiting.sleep(Duration.ofSeconds(RAMP_SECONDS + 3));
    if (!Waiting.until(START_SECONDS, () -> goesOn() && requests.answeredWell(4 * RATE))) {
      MeasurementRun.warn(
          "  after %d s the load is still not answered within a second: this machine is too busy"
              + " for times to mean much",
          Duration.ofNanos(System.nanoTime() - began).toSeconds());
    }
    begin = System.currentTimeMillis();
    int early = requests.failedSince(0);
    if (early > 0) {
      MeasurementRun.warn(
          "  %d requests failed while the load grew; they are not counted, and stand in %s",
          early, directory().resolve("load.csv"));
    }
  }

  /**
   * Lets nodes load and compile what answers requests: each request begins when the one before has
   * been answered, so that no machine is too slow for it.
   */
  public static void warmUp(String host, int port, int nodes) {
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + host + ":" + port + "/"))
            .timeout(Duration.ofSeconds(10))
            .build();
    long deadline = System.nanoTime() + Duration.ofSeconds(START_SECONDS).toNanos();
    for (int i = 0; i < nodes * WARM_UP_REQUESTS && System.nanoTime() < deadline; i++) {
      try {
        client.send(request, BodyHandlers.discarding());
      } catch (IOException notCounted) {
        // Whoever is not ready yet is warmed up less.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
    }
  }

  /** When counting begins, in milliseconds of the epoch. */
  public long begin() {
    return begin;
  }

  /** What is recorded so far. */
  public LoadRecord requests() {
    return requests;
  }

  /**
   * Lets the requests that have begun end, and stops the load. Those that begin meanwhile are not
   * counted, because the end of the load may cut them. Returns when counting ended.
   */
  public long end() {
    long end = System.currentTimeMillis();
    Waiting.sleep(Duration.ofSeconds(TAIL_SECONDS));
    byte[] command = "Shutdown".getBytes(StandardCharsets.US_ASCII);
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.send(
          new DatagramPacket(command, command.length, InetAddress.getLoopbackAddress(), control));
      jmeter.waitFor(15, TimeUnit.SECONDS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    abandon();
    return end;
  }

  /** Counts what began while it was counted, until that time, which {@link #end} tells. */
  public LoadRecord.Result result(long end) {
    return requests.results(List.of(new LoadRecord.Window(begin, end))).get(0);
  }

  private void abandon() {
    for (Process process : List.of(jmeter, deliveries)) {
      process.destroy();
      try {
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private boolean any() {
    boolean[] any = {false};
    requests.forEach(request -> any[0] = true);
    return any[0];
  }

  private boolean goesOn() {
    if (!jmeter.isAlive()) {
      throw new ExitException(ExitException.FAILED, "JMeter ended at once; see " + directory());
    }
    return true;
  }

  private Path directory() {
    return requests.directory();
  }
}
