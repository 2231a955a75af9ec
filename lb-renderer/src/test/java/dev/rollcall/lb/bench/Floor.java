package dev.rollcall.lb.bench;

import dev.rollcall.lb.haproxy.HaproxyVersion;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The least that an instance's coming and going takes: what Consul and HAProxy need, asked by a
 * plain client that compares, writes and checks nothing. Consul's part is the time from the call
 * that registers or deregisters until the whole answer of a kept blocking query of the service is
 * read; HAProxy's that of the commands by which lb-renderer adds or drains a server, through the
 * master. The instance serves nothing unless something listens there. Used by one thread.
 */
public final class Floor implements AutoCloseable {
  private static final long LIMIT_SECONDS = 30;
  private static final long HAPROXY_LIMIT_SECONDS = 10;
  private static final Duration START = Duration.ofSeconds(60);
  private static final String PROMPT = "> ";

  /** The first whose master takes several commands in one line. */
  private static final HaproxyVersion LINES = HaproxyVersion.parse("3.2");

  /** Ends what HAProxy does not answer. */
  private static final ScheduledExecutorService LIMITS =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "floor-limits");
            thread.setDaemon(true);
            return thread;
          });

  private static final String REGISTER = "/v1/agent/service/register?replace-existing-checks";
  private static final String DEREGISTER = "/v1/agent/service/deregister/";

  /** Of many that come at once. */
  private static final int CONNECTIONS = 4;

  /**
   * How long a change took.
   *
   * @param consulMillis until the answer was read
   * @param eachMillis HAProxy's commands, {@code @1} before each, in a session that was open
   * @param lineMillis the same in one line with {@code @@1}; empty before HAProxy 3.2
   */
  public record Took(double consulMillis, double eachMillis, OptionalDouble lineMillis) {
    /** HAProxy's part, by the faster way. */
    public double haproxyMillis() {
      return Math.min(eachMillis, lineMillis.orElse(eachMillis));
    }

    /** Both parts. */
    public double millis() {
      return consulMillis + haproxyMillis();
    }
  }

  /** Of what is expected it has all. */
  private record Answer(long readNanos, boolean hasAll) {}

  private final URI consul;
  private final String service;
  private final Path socket;
  private final PlainHttp agent;
  private final PlainHttp watch;
  private final boolean takesLines;
  private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
  private final Thread watcher;
  private volatile List<byte[]> expected = List.of();
  private volatile boolean closed;

  /**
   * Connects, and begins to watch.
   *
   * @param consul the agent's address
   * @param service in Consul, and the backend in HAProxy
   * @param socket of HAProxy's master, with level admin
   * @throws IOException if one of the two does not answer
   */
  public Floor(URI consul, String service, Path socket) throws IOException {
    this.consul = consul;
    this.service = service;
    this.socket = socket;
    // A site that answers may yet have a master that does not.
    Wait.until("HAProxy's master answers", START, () -> !version().isEmpty());
    takesLines = HaproxyVersion.parse(version()).atLeast(LINES);
    agent = new PlainHttp(consul);
    watch = new PlainHttp(consul);
    watcher = new Thread(this::watch, "floor");
    watcher.setDaemon(true);
    watcher.start();
  }

  /**
   * An instance comes.
   *
   * @param id its id, never used before
   * @param weight of the server
   * @throws IOException if one of the two refuses it, or does not answer in time
   */
  public Took join(String id, String address, int port, int weight) throws IOException {
    String json = registration(id, address, port, weight);
    double registered = change(List.of(id), true, () -> agent.request("PUT", REGISTER, json));
    double each = apart(commandsOfJoin(id, address, port, weight));
    OptionalDouble line = inOneLine(commandsOfJoin(id + "-line", address, port, weight));
    return new Took(registered, each, line);
  }

  /**
   * That instance goes. Afterwards HAProxy has no server of it.
   *
   * @throws IOException if one of the two refuses it, or does not answer in time
   */
  public Took leave(String id) throws IOException {
    double gone = change(List.of(id), false, () -> agent.request("PUT", DEREGISTER + id, ""));
    double each = apart(List.of("set server " + service + "/" + id + " state drain"));
    OptionalDouble line =
        inOneLine(List.of("set server " + service + "/" + id + "-line state drain"));
    delete(id);
    if (takesLines) {
      delete(id + "-line");
    }
    return new Took(gone, each, line);
  }

  /**
   * Many come within a time, registered over several connections; returns how many milliseconds it
   * took until one answer that has them all was read. HAProxy's part is not in that, and they are
   * gone again at the end.
   *
   * @param ids never used before
   * @param firstPort that of the first; each has the next one
   * @throws IOException if Consul refuses one, or does not answer in time
   */
  public double burst(List<String> ids, String address, int firstPort, Duration within)
      throws IOException {
    ExecutorService several = Executors.newFixedThreadPool(CONNECTIONS);
    try {
      double took =
          change(ids, true, () -> each(several, ids, address, firstPort, within.toNanos()));
      for (String id : ids) {
        agent.request("PUT", DEREGISTER + id, "");
      }
      return took;
    } finally {
      several.shutdown();
    }
  }

  private void each(
      ExecutorService several, List<String> ids, String address, int firstPort, long nanos)
      throws IOException {
    long began = System.nanoTime();
    List<Future<Void>> all = new ArrayList<>();
    for (int worker = 0; worker < CONNECTIONS; worker++) {
      int first = worker;
      all.add(
          several.submit(
              () -> {
                try (PlainHttp own = new PlainHttp(consul)) {
                  for (int i = first; i < ids.size(); i += CONNECTIONS) {
                    LockSupport.parkNanos(began + i * nanos / ids.size() - System.nanoTime());
                    String json = registration(ids.get(i), address, firstPort + i, 1);
                    own.request("PUT", REGISTER, json);
                  }
                }
                return null;
              }));
    }
    for (Future<Void> one : all) {
      await(one);
    }
  }

  private static void await(Future<Void> future) throws IOException {
    try {
      future.get();
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private String registration(String id, String address, int port, int weight) {
    return """
        {"ID": "%1$s", "Name": "%2$s", "Address": "%3$s", "Port": %4$d,
         "Weights": {"Passing": %5$d, "Warning": 1},
         "Checks": [{"CheckID": "beat:%1$s", "Name": "heartbeat", "TTL": "300s",
                     "Status": "passing"}]}
        """
        .formatted(id, service, address, port, weight);
  }

  private List<String> commandsOfJoin(String id, String address, int port, int weight) {
    String server = service + "/" + id;
    return List.of(
        "add server %s %s:%d weight %d check".formatted(server, address, port, weight),
        "enable health " + server,
        "enable server " + server);
  }

  /** It may have connections yet, which end soon once it is in maintenance. */
  private void delete(String id) throws IOException {
    String server = service + "/" + id;
    atOnce("@1 set server " + server + " state maint");
    Wait.until(
        server + " is gone",
        Wait.SOON,
        () -> atOnce("@1 del server " + server).contains("Server deleted."));
  }

  // Consul

  /** What has to be done, and fails as Consul does. */
  private interface Call {
    void run() throws IOException;
  }

  /** Milliseconds from the call until all of them, or none of the one, are in an answer. */
  private double change(List<String> ids, boolean comes, Call call) throws IOException {
    answers.clear(); // of what came after the last change
    expected =
        ids.stream().map(id -> ('"' + id + '"').getBytes(StandardCharsets.US_ASCII)).toList();
    long began = System.nanoTime();
    call.run();
    try {
      for (Answer answer = next(); ; answer = next()) {
        if (answer.hasAll == comes && answer.readNanos > began) {
          return (answer.readNanos - began) / 1e6;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private Answer next() throws IOException, InterruptedException {
    Answer answer = answers.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
    if (answer == null) {
      throw new IOException("no answer of Consul within " + LIMIT_SECONDS + " s");
    }
    return answer;
  }

  private void watch() {
    String index = "0";
    while (!closed) {
      try {
        watch.request(
            "GET", "/v1/health/service/%s?index=%s&wait=25s".formatted(service, index), "");
        long read = System.nanoTime();
        boolean has = expected.stream().allMatch(watch::bodyHas);
        boolean isNews = !watch.header("x-consul-index").equals(index);
        index = watch.header("x-consul-index");
        if (isNews) {
          answers.add(new Answer(read, has));
        }
      } catch (IOException e) {
        if (!closed) {
          System.err.println("  floor: " + e);
        }
        return;
      }
    }
  }

  // HAProxy

  /** Each is sent when the one before is answered, in a session that is open already. */
  private double apart(List<String> commands) throws IOException {
    try (SocketChannel channel = connect()) {
      write(channel, "prompt\n");
      readPrompt(channel);
      long began = System.nanoTime();
      for (String command : commands) {
        write(channel, "@1 " + command + "\n");
        expectGood(command, readPrompt(channel));
      }
      double took = (System.nanoTime() - began) / 1e6;
      write(channel, "quit\n");
      return took;
    }
  }

  private OptionalDouble inOneLine(List<String> commands) throws IOException {
    if (!takesLines) {
      return OptionalDouble.empty();
    }
    String line = "@@1 " + String.join("; ", commands);
    long began = System.nanoTime();
    String reply = atOnce(line);
    double took = (System.nanoTime() - began) / 1e6;
    expectGood(line, reply);
    return OptionalDouble.of(took);
  }

  /** What is silent, or tells of a new server, has been done. */
  private static void expectGood(String command, String reply) throws IOException {
    if (!reply.replace("New server registered.", "").replace("master>", "").isBlank()) {
      throw new IOException(command + ": " + reply.strip());
    }
  }

  private String version() throws IOException {
    return atOnce("show version").strip();
  }

  /** Sends one command on a new connection, and reads until it is closed. */
  private String atOnce(String command) throws IOException {
    try (SocketChannel channel = connect()) {
      write(channel, command + "\n");
      // The master waits for more commands until it sees this.
      channel.shutdownOutput();
      return read(channel, "");
    }
  }

  /** A connection that is closed after a time, so that a read from it ends. */
  private SocketChannel connect() throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    var unused =
        LIMITS.schedule(() -> closeQuietly(channel), HAPROXY_LIMIT_SECONDS, TimeUnit.SECONDS);
    channel.connect(UnixDomainSocketAddress.of(socket));
    return channel;
  }

  private static void closeQuietly(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // It is closed all the same.
    }
  }

  private static void write(SocketChannel channel, String text) throws IOException {
    channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
  }

  private static String readPrompt(SocketChannel channel) throws IOException {
    return read(channel, PROMPT);
  }

  /** Up to an end, or to that of the stream if that is empty. */
  private static String read(SocketChannel channel, String end) throws IOException {
    StringBuilder text = new StringBuilder();
    ByteBuffer chunk = ByteBuffer.allocate(4096);
    while (channel.read(chunk.clear()) >= 0) {
      text.append(StandardCharsets.US_ASCII.decode(chunk.flip()));
      if (!end.isEmpty() && text.toString().endsWith(end)) {
        return text.toString();
      }
    }
    if (!end.isEmpty()) {
      throw new EOFException("HAProxy closed after: " + text);
    }
    return text.toString();
  }

  @Override
  public void close() throws IOException {
    closed = true;
    watch.close();
    agent.close();
  }
}
