package dev.rollcall.web;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.LeaveOnTerminate;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.ServiceDefinition;
import io.javalin.config.RoutesConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node's process: reads its settings, serves, joins the pool, and leaves it on SIGTERM. */
public final class WebNode {

  private static final Logger LOG = LoggerFactory.getLogger(WebNode.class);

  private WebNode() {}

  /**
   * Runs a node until it gets SIGTERM or SIGINT.
   *
   * @param args none, {@code --help} or {@code --version}; settings come from the environment
   */
  public static void main(String[] args) {
    run(List.of(args), System.getenv(), System.out, System.err)
        .ifPresent(code -> System.exit(code.number()));
  }

  /**
   * Starts a node, or says why not.
   *
   * @return empty once the node serves, with its threads keeping the process alive; else the code
   *     to exit with
   */
  static Optional<ExitCode> run(
      List<String> args, Map<String, String> environment, PrintStream out, PrintStream err) {
    try {
      if (args.isEmpty()) {
        serve(environment);
        return Optional.empty();
      }
      out.print(Usage.answer(args));
      return Optional.of(ExitCode.OK);
    } catch (StartupException refusal) {
      err.println("web-node: " + refusal.getMessage());
      return Optional.of(refusal.code());
    } catch (RuntimeException e) {
      LOG.error("the node could not start", e);
      return Optional.of(ExitCode.FAILED);
    }
  }

  private static void serve(Map<String, String> environment) {
    NodeOptions options = StartupException.ofUsage(() -> NodeOptions.parse(environment));
    ConsulOptions consul =
        StartupException.ofUsage(() -> ConsulOptions.fromEnvironment(environment));
    ServiceDefinition.Builder service = service(options);

    ServerSocketChannel socket = listen(options.port());
    ServiceDefinition definition = service.port(socket.socket().getLocalPort()).build();

    RequestTracker traffic = new RequestTracker();
    NodeServer server = new NodeServer(socket, traffic, pages(options, definition));
    Discovery discovery = Discovery.connect(consul);
    server.start();

    Registration registration = discovery.register(definition);
    // At once, so that no signal finds a registered node without a way to leave.
    Leaving.onStopSignal(
        LeaveOnTerminate.builder()
            .registration(registration)
            .notReady(server::leaving)
            .traffic(traffic)
            .quietPeriod(options.drainQuiet())
            .drainLimit(options.drainLimit())
            .stopTimeout(NodeServer.STOP_LIMIT.plusSeconds(1))
            .stopServer(server::stop)
            .then(discovery)
            .build());
    LOG.info("{} serves on port {}", definition.id(), definition.port());
  }

  private static Consumer<RoutesConfig> pages(NodeOptions options, ServiceDefinition definition) {
    String host = HostName.current();
    HostPage page = new HostPage(host, definition.name(), definition.id());
    Consumer<RoutesConfig> pages = page::addTo;
    return options.trial() ? pages.andThen(new Trial(host)::addTo) : pages;
  }

  /** Everything but the port, which is not known before it is bound. */
  private static ServiceDefinition.Builder service(NodeOptions options) {
    ServiceDefinition.Builder service =
        StartupException.ofUsage("SERVICE_NAME", () -> ServiceDefinition.named(options.service()));
    StartupException.ofUsage("SERVICE_TAGS", () -> service.tags(options.tags()));
    return service;
  }

  private static ServerSocketChannel listen(int port) {
    try {
      return NodeServer.listen(new InetSocketAddress(port));
    } catch (IOException e) {
      throw new StartupException(
          ExitCode.PORT,
          "port %d cannot be listened on (%s): free it, or set PORT to another, or to 0 for any"
              .formatted(port, e.getMessage()));
    }
  }
}
