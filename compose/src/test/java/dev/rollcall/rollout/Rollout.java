package dev.rollcall.rollout;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/**
 * What runs becomes what it should be, with nobody noticing. Compose replaces all containers of a
 * service at once and, when it scales down, takes the highest numbers, healthy or not: so Compose
 * only adds nodes here ({@code --no-recreate}), and what has to go is stopped one batch at a time,
 * once others serve in its place.
 *
 * <p>{@code compose/up} runs this file as it is, without a build: it uses the JDK alone.
 */
public final class Rollout {
  private static final int FAILED = 1;
  private static final int NOT_REPLACED = 6;

  /** Nodes are replaced in so many batches, or in more of at most so many nodes. */
  private static final int BATCHES = 4;

  private static final int LARGEST_BATCH = 10;

  /** Longer than HAProxy takes to find a dead server. */
  private static final Duration STEADY = Duration.ofSeconds(4);

  /** In which nodes register again with a Consul that was replaced. */
  private static final Duration REREGISTRATION = Duration.ofSeconds(30);

  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(15);

  private static final String INSPECT =
      "{{.Id}} {{.Name}} {{index .Config.Labels \"com.docker.compose.container-number\"}}"
          + " {{.State.Status}} {{with .State.Health}}{{.Status}}{{else}}none{{end}}"
          + " {{range .NetworkSettings.Networks}}{{or .IPAddress \"-\"}}{{end}}"
          + " {{.Image}}/{{index .Config.Labels \"com.docker.compose.config-hash\"}}";

  private static final Pattern SERVER =
      Pattern.compile(
          "\"endpoint\": *\"([^\"]*):[0-9]*\", *\"state\": *\"([^\"]*)\", *\"check\": *\"([^\"]*)\"");

  /** What a node does for the site; the first can be spared best. */
  enum State {
    ENDED,
    UNHEALTHY,
    /** HAProxy sends it nothing. */
    SILENT,
    SERVES
  }

  /**
   * A container of a node, as Docker tells of it.
   *
   * @param madeOf the id of its image and the hash of its settings
   */
  record Node(
      String id,
      String name,
      int number,
      String status,
      String health,
      String address,
      String madeOf) {

    /** Of a line that {@link #INSPECT} makes. */
    static Node of(String line) {
      String[] words = line.split(" ", 7);
      return new Node(
          words[0],
          words[1].substring(1),
          Integer.parseInt(words[2]),
          words[3],
          words[4],
          words[5],
          words[6]);
    }

    State state(Map<String, Boolean> servers) {
      if (List.of("exited", "dead", "created").contains(status)) {
        return State.ENDED;
      }
      if (health.equals("unhealthy") || !status.equals("running")) {
        return State.UNHEALTHY;
      }
      boolean up = !health.equals("starting") && servers.getOrDefault(address, false);
      return up ? State.SERVES : State.SILENT;
    }
  }

  /**
   * A node against what it should be.
   *
   * @param current whether it is made of what nodes should be made of
   */
  record NodeState(Node node, boolean current, State state) {
    boolean serves() {
      return state == State.SERVES;
    }
  }

  /** A command that failed, or something that did not come about; the log says more. */
  private static final class StepFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StepFailedException(String what) {
      super(what);
    }
  }

  private final List<String> compose;
  private final int wantedNodes;
  private final Path log = Path.of(System.getProperty("log", "/dev/null"));
  private final Duration limit = Duration.ofSeconds(Integer.getInteger("limit", 120));
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ScheduledExecutorService ticker =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "signs-of-life");
            thread.setDaemon(true);
            return thread;
          });
  private String wanted = "";

  private Rollout(int wantedNodes, List<String> compose) {
    this.wantedNodes = wantedNodes;
    this.compose = compose;
  }

  /**
   * {@code Rollout N COMPOSE…}: N is the number of nodes, COMPOSE the command line that calls
   * Compose on the system. Properties: {@code log}, the file for what is done; {@code status} and
   * {@code consul}, the addresses of lb-renderer and of Consul's health of the service, the latter
   * empty if it wants a token; {@code project}, Compose's name of the system; {@code limit}, the
   * seconds that a batch may take to serve; {@code script}, the command that the user gave.
   */
  public static void main(String[] arguments) {
    new Rollout(Integer.parseInt(arguments[0]), List.of(arguments).subList(1, arguments.length))
        .run();
  }

  private void run() {
    if (!attempt("Consul, lb-renderer and HAProxy as they should be", this::updateParts)) {
      end(
          NOT_REPLACED,
          "not all of these came up; the nodes are as they were. See "
              + log
              + ", and: docker compose -f compose/compose.yml logs consul lb-renderer haproxy");
    }
    wanted = wanted();
    replaceNodes();
    if (!attempt(wantedNodes + " web nodes", this::scaleNodes)) {
      end(FAILED, "failed: " + wantedNodes + " web nodes; the whole log is " + log);
    }
  }

  // --- Decisions

  /** The addresses of HAProxy's servers by {@code /live}, and whether all servers there are up. */
  static Map<String, Boolean> servers(String live) {
    Map<String, Boolean> servers = new HashMap<>();
    SERVER
        .matcher(live)
        .results()
        .forEach(
            server ->
                servers.merge(
                    server.group(1), isUp(server.group(2), server.group(3)), Boolean::logicalAnd));
    return servers;
  }

  /** One that was not checked yet is called UP by HAProxy, and is not by us. */
  private static boolean isUp(String state, String check) {
    return state.equals("no check")
        || (state.startsWith("UP") && !check.contains("INI") && !check.contains("UNK"));
  }

  /**
   * The nodes against what they should be; those that can be spared best first: the outdated before
   * the others, then by their state, then from the highest number down.
   */
  static List<NodeState> states(List<Node> nodes, String wanted, Map<String, Boolean> servers) {
    return nodes.stream()
        .map(node -> new NodeState(node, node.madeOf().equals(wanted), node.state(servers)))
        .sorted(
            Comparator.comparing(NodeState::current)
                .thenComparing(NodeState::state)
                .thenComparing(state -> -state.node().number()))
        .toList();
  }

  /**
   * The outdated nodes that can go while so many serve: all that serve nobody, and of the others at
   * most so many at a time.
   */
  static List<NodeState> removable(List<NodeState> states, int serving, int most) {
    long spare = Math.min(serving(states) - serving, most);
    List<NodeState> removable = new ArrayList<>();
    for (NodeState state : states) {
      if (!state.current() && (!state.serves() || spare-- > 0)) {
        removable.add(state);
      }
    }
    return removable;
  }

  private static long serving(List<NodeState> states) {
    return states.stream().filter(NodeState::serves).count();
  }

  private static int batchSize(int nodes) {
    return Math.min((nodes + BATCHES - 1) / BATCHES, LARGEST_BATCH);
  }

  // --- What is done

  /**
   * One after the other, so that one of them at a time is away, and HAProxy never unless it is
   * HAProxy that changes.
   */
  private void updateParts() {
    String consul = running("consul");
    String renderer = running("lb-renderer");
    compose("up", "-d", "consul");
    if (!running("consul").equals(consul) && !System.getProperty("consul", "").isEmpty()) {
      // Who asks a Consul that has just lost its data is told of no nodes.
      await(REREGISTRATION, this::consulKnowsTheNodes);
    }
    compose("up", "-d", "lb-renderer");
    if (!running("lb-renderer").equals(renderer)
        && !await(limit, () -> get("/readyz").isPresent())) {
      throw new StepFailedException("lb-renderer is not ready after " + limit.toSeconds() + " s");
    }
    compose("up", "-d", "haproxy");
  }

  private boolean consulKnowsTheNodes() {
    String known = get(URI.create(System.getProperty("consul", ""))).orElse("");
    long nodes = running("web-node").lines().count();
    return Pattern.compile("\"ServiceID\"").matcher(known).results().count() >= nodes;
  }

  private String wanted() {
    String image = compose("config", "--images", "web-node").lines().findFirst().orElse("");
    try {
      String id = call(List.of("docker", "image", "inspect", "-f", "{{.Id}}", image)).strip();
      return id + "/" + compose("config", "--hash", "web-node").strip().split(" ", 2)[1];
    } catch (StepFailedException e) {
      throw end(
          FAILED, "there is no image " + image + "; build it (compose/up without --no-build)");
    }
  }

  private void replaceNodes() {
    List<NodeState> ended =
        states().stream()
            .filter(state -> !state.current() && state.state() == State.ENDED)
            .toList();
    if (!ended.isEmpty()) { // Compose would start them again as they were
      docker(List.of("rm", "-v"), ended);
    }
    long all = outdated();
    int size = batchSize(wantedNodes);
    if (all > 0) {
      System.out.println(
          ("  %d nodes have another image or other settings and are replaced, %d at a time, new ones"
                  + " first; there are never fewer than %d that serve")
              .formatted(all, size, wantedNodes));
    }
    for (long outdated = all; outdated > 0; outdated = outdated()) {
      long current = states().stream().filter(NodeState::current).count();
      int more = (int) Math.max(0, Math.min(size, wantedNodes - current));
      String words =
          "%d of %d replaced; %s"
              .formatted(
                  all - outdated,
                  all,
                  more == 0 ? "old ones leave" : more + " new first, then old ones");
      if (!attempt(words, () -> replaceBatch(size, more))) {
        endUnserved();
      }
    }
  }

  private long outdated() {
    return states().stream().filter(state -> !state.current()).count();
  }

  /** First more new ones, and when all new ones serve, up to that many old ones go. */
  private void replaceBatch(int size, int more) {
    long current = more + states().stream().filter(NodeState::current).count();
    if (more > 0) {
      addNodes(more);
    }
    long serving = Math.min(current, wantedNodes);
    if (!await(limit, () -> staysServing(serving))) {
      throw new StepFailedException(
          "not " + serving + " new nodes serve after " + limit.toSeconds() + " s");
    }
    remove(removable(states(), wantedNodes, size));
  }

  /**
   * So many nodes that are as they should be serve for some seconds on end: a node that has just
   * begun may be called down once more when it gets its share of the requests.
   */
  private boolean staysServing(long nodes) {
    long end = System.nanoTime() + STEADY.toNanos();
    while (System.nanoTime() < end) {
      if (states().stream().filter(state -> state.current() && state.serves()).count() < nodes) {
        return false;
      }
      sleep(PAUSE);
    }
    return true;
  }

  /** The new nodes that do not serve end, and are kept for who asks why; the old ones serve on. */
  private void endUnserved() {
    List<NodeState> unserved =
        states().stream()
            .filter(NodeState::current)
            .filter(state -> state.state() == State.UNHEALTHY || state.state() == State.SILENT)
            .toList();
    String why = "";
    if (!unserved.isEmpty()) {
      docker(List.of("stop"), unserved);
      why = " Why: docker logs " + unserved.get(0).node().name() + ".";
    }
    end(
        NOT_REPLACED,
        "the new nodes did not serve within %d s, so no more are replaced; %d nodes serve on.%s The"
                .formatted(limit.toSeconds(), serving(states()), why)
            + " log of what was done is "
            + log
            + ". Correct the image or its settings, then run "
            + System.getProperty("script", "compose/up")
            + " again: it continues from there");
  }

  /** No container is replaced; those go first that can be spared best. */
  private void scaleNodes() {
    List<NodeState> states = states();
    int surplus = states.size() - wantedNodes;
    if (surplus > 0) {
      remove(states.subList(0, surplus));
    } else {
      addNodes(-surplus);
    }
  }

  /** Beside those that are there, which stay as they are. */
  private void addNodes(int more) {
    String scale = "web-node=" + (nodes().size() + more);
    compose("up", "-d", "--no-recreate", "--remove-orphans", "--scale", scale, "web-node");
  }

  /** They leave the pool, answer what they have begun, and are removed. */
  private void remove(List<NodeState> states) {
    if (!states.isEmpty()) {
      docker(List.of("stop"), states);
      docker(List.of("rm", "-v"), states);
    }
  }

  // --- What there is

  private List<NodeState> states() {
    return states(nodes(), wanted, servers(get("/live").orElse("")));
  }

  /** Ended ones too. */
  private List<Node> nodes() {
    List<String> ids =
        call(List.of(
                "docker",
                "ps",
                "-aq",
                "--no-trunc",
                "--filter=label=com.docker.compose.project=" + System.getProperty("project"),
                "--filter=label=com.docker.compose.service=web-node",
                "--filter=label=com.docker.compose.oneoff=False"))
            .lines()
            .toList();
    if (ids.isEmpty()) {
      return List.of();
    }
    List<String> inspect = new ArrayList<>(List.of("docker", "inspect", "-f", INSPECT));
    inspect.addAll(ids);
    return call(inspect).lines().map(Node::of).toList();
  }

  private String running(String service) {
    return compose("ps", "-q", "--status", "running", service);
  }

  private Optional<String> get(String path) {
    return get(URI.create(System.getProperty("status", "http://127.0.0.1:8404") + path));
  }

  /** The body of a good answer. */
  private Optional<String> get(URI address) {
    HttpRequest request = HttpRequest.newBuilder(address).timeout(Duration.ofSeconds(5)).build();
    try {
      HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
      return Optional.of(answer).filter(good -> good.statusCode() == 200).map(HttpResponse::body);
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  // --- Commands, steps and waiting

  private String compose(String... words) {
    List<String> all = new ArrayList<>(compose);
    all.addAll(List.of(words));
    return call(all);
  }

  private void docker(List<String> words, List<NodeState> nodes) {
    List<String> all = new ArrayList<>(List.of("docker"));
    all.addAll(words);
    nodes.forEach(state -> all.add(state.node().id()));
    call(all);
  }

  /** What the command prints, which goes to the log too if it fails. */
  private String call(List<String> words) {
    try {
      Process process =
          new ProcessBuilder(words)
              .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
              .redirectError(Redirect.appendTo(log.toFile()))
              .start();
      String out = new String(process.getInputStream().readAllBytes(), UTF_8);
      if (process.waitFor() != 0) {
        note(out);
        throw new StepFailedException("failed: " + String.join(" ", words));
      }
      return out;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void note(String line) {
    try {
      Files.writeString(log, line + "\n", StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A step that may fail: what it is, how long it took, and signs of life meanwhile. */
  private boolean attempt(String words, Runnable step) {
    note("--- " + words);
    long begin = System.nanoTime();
    long period = SIGN_OF_LIFE.toSeconds();
    ScheduledFuture<?> signs =
        ticker.scheduleAtFixedRate(
            () -> System.out.println("  … %s: %.0f s".formatted(words, secondsSince(begin))),
            period,
            period,
            TimeUnit.SECONDS);
    boolean done = true;
    try {
      step.run();
    } catch (StepFailedException e) {
      note(String.valueOf(e.getMessage()));
      done = false;
    }
    signs.cancel(false);
    System.out.println(
        "  %-52s %6.1f s%s".formatted(words, secondsSince(begin), done ? "" : "  failed"));
    return done;
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }

  private static boolean await(Duration limit, BooleanSupplier condition) {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        return false;
      }
      sleep(PAUSE);
    }
    return true;
  }

  private static void sleep(Duration duration) {
    try {
      Thread.sleep(duration.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Ends the program; returns only for who must return or throw. */
  private static IllegalStateException end(int code, String why) {
    System.err.println(System.getProperty("script", "compose/up") + ": " + why);
    System.exit(code);
    return new IllegalStateException(why);
  }
}
