package dev.rollcall.launcher;

import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** The command line: what is to be run, and as which service. */
@Command(
    name = "launcher",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    versionProvider = Launcher.Version.class,
    usageHelpWidth = 100,
    synopsisHeading = "usage: ",
    customSynopsis = "launcher --name NAME --port PORT [options] -- PROGRAM [ARGUMENT…]%n",
    description = {
      "%nRuns a program as a service that Consul knows: starts it, waits until its check passes, registers it, reports its health, and leaves before it stops.%n"
    },
    footer = {
      "%nWhere Consul is and what is registered besides come from the environment: CONSUL_HTTP_ADDR,",
      "CONSUL_HTTP_TOKEN_FILE, SERVICE_ADDRESS, SERVICE_NETWORK, SERVICE_TAGS, DRAIN_QUIET, DRAIN_LIMIT.",
      "%nexit codes: the program's own; 128 and the signal's number if a signal has ended it; 1 an error here;",
      "2 a wrong option or setting; 4 the port is taken; 5 the check did not pass in time;",
      "126 the program cannot be executed; 127 it is not there"
    })
public final class Launcher implements Callable<Integer> {
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int PORT_TAKEN = 4;
  static final int NOT_PASSING = 5;
  static final int NOT_EXECUTABLE = 126;
  static final int NOT_FOUND = 127;

  private static final int LONGEST_MESSAGE = 300;

  private final Map<String, String> environment;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "the service's name. Default: SERVICE_NAME")
  private @Nullable String name;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      required = true,
      description = "the port that the program listens on")
  private int port;

  @Option(
      names = "--check",
      paramLabel = "CHECK",
      defaultValue = "tcp",
      description =
          "tcp: the port takes connections. http:/path: a GET request there is answered by a status from 200 to 399; 429 is a warning. Default: ${DEFAULT-VALUE}")
  private String check = "";

  @Option(
      names = "--check-interval",
      paramLabel = "TIME",
      defaultValue = "1s",
      converter = Time.class,
      description =
          "time between two checks, and of one check at most. Three that fail in a row count. Default: ${DEFAULT-VALUE}")
  private Duration interval = Duration.ZERO;

  @Option(
      names = "--start-timeout",
      paramLabel = "TIME",
      defaultValue = "60s",
      converter = Time.class,
      description =
          "how long the check may take to pass at first; then the program is stopped. Default: ${DEFAULT-VALUE}")
  private Duration startTimeout = Duration.ZERO;

  @Option(
      names = "--stop-signal",
      paramLabel = "NAME",
      defaultValue = "TERM",
      description =
          "the signal by which the program ends well, such as WINCH for Apache or QUIT for nginx. Default: ${DEFAULT-VALUE}")
  private String stopSignal = "";

  @Option(
      names = "--stop-timeout",
      paramLabel = "TIME",
      defaultValue = "10s",
      converter = Time.class,
      description =
          "how long the program may take to end after that signal, and then after TERM, before it gets KILL. Default: ${DEFAULT-VALUE}")
  private Duration stopTimeout = Duration.ZERO;

  @Option(
      names = "--restart",
      description =
          "start the program again when it ends by itself, after 1 s, 2 s, 4 s … at most 1 min. Default: end with it")
  private boolean restart;

  @Parameters(paramLabel = "PROGRAM", arity = "1..*", hidden = true)
  private List<String> command = List.of();

  private Launcher(Map<String, String> environment) {
    this.environment = environment;
  }

  /**
   * Runs a program as a service until it ends.
   *
   * @param arguments see {@code --help}
   */
  public static void main(String[] arguments) {
    LogFormat.install();
    System.exit(
        execute(
            System.getenv(),
            new PrintWriter(System.err, true, Charset.defaultCharset()),
            arguments));
  }

  /** The command whose options are read; it has not run. */
  static Launcher command(Map<String, String> environment) {
    return new Launcher(environment);
  }

  static int execute(Map<String, String> environment, PrintWriter err, String... arguments) {
    CommandLine line = new CommandLine(command(environment));
    line.setErr(err);
    line.setStopAtPositional(true);
    line.setParameterExceptionHandler(
        (wrong, ignored) -> {
          err.println("launcher: " + oneLine(String.valueOf(wrong.getMessage())) + "; see --help");
          return USAGE;
        });
    line.setExecutionExceptionHandler(
        (failed, ignored, parsed) -> {
          if (failed instanceof InterruptedException) {
            Thread.currentThread().interrupt();
          }
          err.println("launcher: " + oneLine(String.valueOf(failed.getMessage())));
          return failed instanceof ServiceRun.EndException end
              ? end.code()
              : failed instanceof IllegalArgumentException ? USAGE : FAILED;
        });
    return line.execute(arguments);
  }

  @Override
  public Integer call() throws Exception {
    String service = name == null ? environment.getOrDefault("SERVICE_NAME", "").strip() : name;
    if (service.isEmpty()) {
      throw new IllegalArgumentException("the service has no name: give --name or SERVICE_NAME");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("--port is " + port + " but must be: 1 to 65535");
    }
    if (!stopSignal.matches("(?:SIG)?[A-Z][A-Z0-9+-]{1,15}")) {
      throw new IllegalArgumentException(
          "--stop-signal is \""
              + stopSignal
              + "\" but must be: a name such as TERM, WINCH or QUIT");
    }
    return new ServiceRun(
            new ServiceRun.Settings(
                service,
                port,
                ProgramCheck.parse(check, port, interval),
                interval,
                startTimeout,
                stopSignal.replaceFirst("^SIG", ""),
                stopTimeout,
                restart,
                command),
            environment)
        .run();
  }

  private static String oneLine(String text) {
    String line = text.strip().replaceAll("\\s*\\R\\s*", "; ").replaceAll("\\p{Cntrl}", "?");
    return line.length() <= LONGEST_MESSAGE ? line : line.substring(0, LONGEST_MESSAGE) + "…";
  }

  /** Such as 500ms, 2s or 1m. */
  static final class Time implements ITypeConverter<Duration> {
    private static final Pattern TIME = Pattern.compile("([1-9][0-9]{0,5})(ms|s|m)");

    @Override
    public Duration convert(String value) {
      Matcher time = TIME.matcher(value);
      if (!time.matches()) {
        throw new TypeConversionException(
            "\"" + value + "\" must be: a number with ms, s or m, such as 500ms");
      }
      long number = Long.parseLong(time.group(1));
      return switch (time.group(2).toLowerCase(Locale.ROOT)) {
        case "ms" -> Duration.ofMillis(number);
        case "s" -> Duration.ofSeconds(number);
        default -> Duration.ofMinutes(number);
      };
    }
  }

  /** The version in the jar's manifest. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Launcher.class.getPackage().getImplementationVersion();
      return new String[] {"launcher " + (version != null ? version : "(not run from its jar)")};
    }
  }
}
