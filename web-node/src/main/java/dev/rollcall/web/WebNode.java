package dev.rollcall.web;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.LeaveOnTerminate;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.WarmUp;
import io.javalin.config.RoutesConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node's process: reads its settings, serves, registers, and on SIGTERM leaves the pool. */
public final class WebNode {

  /** Exit codes, as {@code --help} documents them; the JVM has one of its own. */
  static final int OK = 0;

  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int PORT = 4;

  private static final Duration WARM_UP_LIMIT = Duration.ofMillis(500);

  private static final Logger LOG = LoggerFactory.getLogger(WebNode.class);

  private WebNode() {}

  /**
   * Runs a node until it gets SIGTERM or SIGINT.
   *
   * @param args none, {@code --help} or {@code --version}; settings come from the environment
   */
  public static void main(String[] args) {
    run(System.getenv(), routes -> {}, System.out, System.err, args).ifPresent(System::exit);
  }

  /** Starts a node with more routes than its own; gives an exit code unless it serves. */
  static OptionalInt run(
      Map<String, String> environment,
      Consumer<RoutesConfig> more,
      PrintStream out,
      PrintStream err,
      String... args) {
    int port = 0;
    try {
      if (args.length > 0) {
        out.print(answer(String.join(" ", args)));
        return OptionalInt.of(OK);
      }
      port = port(environment.getOrDefault("PORT", "").strip());
      ConsulOptions consul = ConsulOptions.fromEnvironment(environment);
      ServiceDefinition.Builder service = ServiceDefinition.builder(environment, "web");
      LeaveOnTerminate.Builder leave =
          LeaveOnTerminate.builder().drainLimit(Duration.ofSeconds(10)).environment(environment);
      ServerSocketChannel socket = NodeServer.listen(new InetSocketAddress(port));
      service.port(socket.socket().getLocalPort());
      URI page = URI.create("http://127.0.0.1:" + socket.socket().getLocalPort() + "/");
      WarmUp warmUp = WarmUp.requesting(page).within(WARM_UP_LIMIT).environment(environment);
      return serve(socket, service.build(), consul, warmUp, leave, more);
    } catch (IllegalArgumentException e) {
      err.println("web-node: " + e.getMessage());
      return OptionalInt.of(USAGE);
    } catch (IOException e) {
      String wanted = "free it, or set PORT to another, or to 0 for any";
      err.printf(
          "web-node: port %d cannot be listened on (%s): %s%n", port, e.getMessage(), wanted);
      return OptionalInt.of(PORT);
    }
  }

  private static OptionalInt serve(
      ServerSocketChannel socket,
      ServiceDefinition service,
      ConsulOptions consul,
      WarmUp warmUp,
      LeaveOnTerminate.Builder leave,
      Consumer<RoutesConfig> more) {
    try {
      RequestTracker tracker = new RequestTracker();
      HostPage page = new HostPage(ServiceDefinition.hostName(), service.name(), service.id());
      NodeServer server = new NodeServer(socket, tracker, more.andThen(page::addTo));
      Discovery discovery = Discovery.connect(consul);
      server.start();
      WarmUp.Result warmedUp = warmUp.run();
      if (warmedUp.requests() > 0) {
        LOG.info("warm-up: {}", warmedUp);
      }
      leave.registration(discovery.register(service)).notReady(server::leaving).traffic(tracker);
      leave.stopServer(server::stop).stopTimeout(NodeServer.STOP_LIMIT.plusSeconds(1));
      Thread hook = leave.then(discovery).build().asHaltingShutdownHook();
      Runtime.getRuntime().addShutdownHook(hook);
      LOG.info("{} serves on port {}", service.id(), service.port());
      return OptionalInt.empty();
    } catch (Exception e) {
      LOG.error("the node could not start", e);
      return OptionalInt.of(FAILED);
    }
  }

  /** The port to listen on; 0 takes any free one. */
  static int port(String text) {
    if (text.isEmpty()) {
      return 8080;
    }
    if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) > 65_535) {
      throw wrong("PORT is \"%s\" but must be: 0 (any free port) to 65535", text);
    }
    return Integer.parseInt(text);
  }

  /** What {@code --help} and {@code --version} print. */
  static String answer(String arguments) {
    if (arguments.matches("--help|-h")) {
      return HostPage.resource("usage.txt");
    }
    if (arguments.equals("--version")) {
      String version = WebNode.class.getPackage().getImplementationVersion();
      return "web-node " + (version != null ? version : "(not run from its jar)") + "\n";
    }
    String complaint = "\"%s\" is not understood: settings come from the environment, see --help";
    throw wrong(complaint, arguments);
  }

  private static IllegalArgumentException wrong(String complaint, String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    String most = line.length() <= 80 ? line : line.substring(0, 80) + "…";
    return new IllegalArgumentException(complaint.formatted(most));
  }
}
