package dev.rollcall.lb.cli;

import dev.rollcall.lb.haproxy.Haproxy.ConfigCheck;
import dev.rollcall.lb.haproxy.HaproxyBinary;
import dev.rollcall.lb.status.StatusReport;
import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.RenderedConfig;
import dev.rollcall.lb.template.TemplateSource;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The program: reads the arguments, runs the command that they name, and turns whatever goes wrong
 * into one line and an exit code.
 */
@Command(
    name = "lb-renderer",
    addMethodSubcommands = false,
    sortOptions = false,
    usageHelpWidth = 100,
    versionProvider = RootCommand.Version.class,
    customSynopsis = {
      "lb-renderer [run] [OPTION...]",
      "       lb-renderer render|check|status|template [OPTION...]"
    },
    description = {
      "",
      "Keeps HAProxy in step with the services that a template names: watches them in Consul, renders the template at each change, has HAProxy check the"
          + " configuration, writes it and brings HAProxy to it without losing a request."
    },
    optionListHeading = "%nOptions:%n",
    commandListHeading = "%nCommands, each with a --help of its own:%n",
    footerHeading = "%nSettings:%n",
    footer = {
      "Every option is also a variable: LB_RENDERER_MASTER_SOCKET for --master-socket, LB_RENDERER_ONCE=true for --once. The command line is stronger. Consul's"
          + " address, token and certificates come from CONSUL_HTTP_ADDR (several with commas), CONSUL_HTTP_SSL, CONSUL_HTTP_SSL_VERIFY, CONSUL_HTTP_TOKEN, CONSUL_HTTP_TOKEN_FILE, CONSUL_HTTP_AUTH, CONSUL_CACERT, CONSUL_CAPATH, CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY and CONSUL_TLS_SERVER_NAME, as for the consul command.",
      "",
      "@FILE stands for the arguments in a file, separated by white space; # begins a comment. A command's name comes before it.",
      "",
      "In a template: {{#services.NAME}} … {{/services.NAME}} once for each instance that is served, in it {{name}} {{address}} {{port}} {{weight}} {{status}} {{id}}"
          + " {{node}} {{datacenter}} {{meta.KEY}}, {{#tags}}{{.}}{{/tags}} and {{#tagged.TAG}} … {{/tagged.TAG}}; only those with a tag, or the others, in {{#services.NAME.tagged.TAG}} and"
          + " {{#services.NAME.untagged.TAG}}; what the instances ask for in their metadata, lb-balance and the like, in {{#services.NAME.option.balance}}{{.}}{{/services.NAME.option.balance}}"
          + " (balance, check-path, timeout, maxconn, sticky); {{#services}} … {{/services}} once for each service that --services and --services-tag select, in it {{service}}, {{#instances}} … {{/instances}}, {{#routes}}{{key}} {{host}} {{path}}{{/routes}}, {{#http}}, {{#tcp}} with {{listen-port}}; {{env.NAME}} for STATS_USER, STATS_PASSWORD and names that start with LB_. A password, token or secret among them may stand in a file: STATS_PASSWORD_FILE.",
      "An instance with a value that could leave its place in the configuration is left out, and named in the log and in /status.",
      "",
      "Signals to run: TERM and INT stop it gracefully, a second one at once; HUP has the template read again.",
      "",
      "Examples:",
      "  lb-renderer render",
      "  lb-renderer --template web.mustache --haproxy /usr/sbin/haproxy",
      "  lb-renderer --output /etc/rollcall/haproxy.cfg --master-socket /run/haproxy/master.sock",
      "  lb-renderer run @/etc/lb-renderer/arguments",
      "  lb-renderer status --json"
    })
public final class RootCommand {
  private static final String PREFIX = "LB_RENDERER_";
  private static final String DEFAULT_COMMAND = "run";

  /** In the order of the help. */
  private static final List<String> COMMANDS =
      List.of(DEFAULT_COMMAND, "render", "check", "status", "template");

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this and exit.")
  boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version and exit.")
  boolean version;

  private final Map<String, String> environment;
  private final PrintStream out;
  private final PrintStream err;

  /**
   * Runs in an environment.
   *
   * @param environment the variables
   * @param out where results and help go
   * @param err where the line goes that says why it ended
   */
  public RootCommand(Map<String, String> environment, PrintStream out, PrintStream err) {
    this.environment = Map.copyOf(environment);
    this.out = out;
    this.err = err;
  }

  /**
   * Runs, and returns the exit code. Blocks until a signal ends the program, unless the arguments
   * say otherwise. Throws nothing but an {@link Error}.
   */
  public int execute(String... arguments) {
    CommandLine program = commandLine();
    String[] completed = withCommand(program, arguments);
    if (!completed[0].equals(DEFAULT_COMMAND)) {
      // What runs at a terminal ends with it.
      Signals.releaseHangUp();
    }
    return program
        .setExecutionExceptionHandler((e, failed, parsed) -> report(e))
        .setParameterExceptionHandler((e, given) -> helpOrReport(e, List.of(given)))
        .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
        .execute(completed);
  }

  /** The program and its commands, as the help, the man page and the completion show them. */
  CommandLine commandLine() {
    CommandLine program = new CommandLine(this);
    for (String command : COMMANDS) {
      program.addSubcommand(CommandLine.getCommandMethods(RootCommand.class, command).get(0));
    }
    Map<String, String> codes = new LinkedHashMap<>();
    for (ExitCode code : ExitCode.values()) {
      codes.put(" " + code.number(), code.meaning());
    }
    program
        .getCommandSpec()
        .usageMessage()
        .exitCodeListHeading("%nExit codes:%n")
        .exitCodeList(codes);
    return program.setDefaultValueProvider(variables(environment));
  }

  /** Keeps HAProxy in step. */
  @Command(
      name = DEFAULT_COMMAND,
      description =
          "Keeps HAProxy in step with Consul until a signal ends it. What is run when no command is"
              + " named.")
  int run(@Mixin RunOptions options, @Mixin CommonOptions common) throws ExitException {
    configureLog(common, Logging.Stream.OUT);
    RenderInput input = RenderInput.of(options.input, environment);
    options.validate(input);
    if (options.once) {
      Signals.releaseHangUp();
      OneTimeRun.run(options, input);
    } else {
      new Daemon(options, input).run();
    }
    return ExitCode.OK.number();
  }

  /** Shows what would be written, and touches nothing. */
  @Command(
      name = "render",
      description =
          "Renders the configuration to standard output and touches nothing; files beside it follow,"
              + " each after a line with its name. The log goes to standard error.")
  int render(@Mixin RenderInput.Options options, @Mixin CommonOptions common) throws ExitException {
    configureLog(common, Logging.Stream.ERR);
    RenderInput input = RenderInput.of(options, environment);
    RenderedConfig rendered =
        OneTimeRun.render(input, ComponentFactory.template(input).current(), input.output());
    out.print(rendered.text());
    new TreeMap<>(rendered.auxiliaryFiles())
        .forEach(
            (path, text) -> {
              out.println("==> " + path + " <==");
              out.print(text);
            });
    out.flush();
    return ExitCode.OK.number();
  }

  /** Asks HAProxy what it thinks of what would be written. */
  @Command(
      name = "check",
      description = {
        "Renders the configuration and has HAProxy check it (haproxy -c); touches nothing that"
            + " serves. Ends with 0 if HAProxy takes it, with 5 if not."
      })
  int check(
      @Mixin RenderInput.Options options,
      @Option(
              names = "--haproxy",
              order = 12,
              paramLabel = "BINARY",
              defaultValue = "/usr/sbin/haproxy",
              description = "The HAProxy that judges. Default: ${DEFAULT-VALUE}")
          Path haproxy,
      @Mixin CommonOptions common)
      throws ExitException {
    configureLog(common, Logging.Stream.ERR);
    RenderInput input = RenderInput.of(options, environment);
    HaproxyTemplate template = ComponentFactory.template(input).current();
    HaproxyBinary binary = ComponentFactory.binary(haproxy);
    RenderedConfig rendered = OneTimeRun.render(input, template, input.output());
    ConfigCheck check = SandboxedCheck.run(binary, rendered);
    if (check instanceof ConfigCheck.Refused refused) {
      throw new ExitException(
          ExitCode.REFUSED, "HAProxy refuses the configuration: " + refused.message());
    } else if (check instanceof ConfigCheck.Unavailable unavailable) {
      throw new ExitException(ExitCode.HAPROXY, unavailable.reason());
    } else if (check instanceof ConfigCheck.TimedOut late) {
      throw new ExitException(ExitCode.HAPROXY, late.reason());
    }
    out.printf(
        "HAProxy takes it: %s lines, services %s, instances left out: %s%n",
        rendered.text().lines().count(), template.services(), rendered.refusals().size());
    return ExitCode.OK.number();
  }

  /** Tells how a running lb-renderer is. */
  @Command(
      name = "status",
      description = {
        "Asks the lb-renderer that runs how it is, and prints that. Ends with 0 if the last"
            + " configuration is in use, with 8 if not, with 9 if none answers."
      })
  int status(
      @Mixin RunOptions.ListenOption listen,
      @Option(
              names = "--json",
              order = 21,
              description = "Print what /status answers, instead of a summary.")
          boolean json,
      @Mixin CommonOptions common)
      throws ExitException {
    configureLog(common, Logging.Stream.ERR);
    InetSocketAddress address = listen.address;
    if (address == null) {
      throw ExitException.usage(
          "--listen is off: give the HOST:PORT that the running lb-renderer listens on");
    }
    String host = address.getHostString();
    String place = (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    if (address.isUnresolved()) {
      throw ExitException.usage(
          "--listen is '%s': the host %s is not known, give an address of this machine"
              .formatted(place, host));
    }
    StatusReport report;
    try {
      report = StatusReport.fetch(address);
    } catch (IOException e) {
      throw new ExitException(
          ExitCode.NO_ANSWER,
          "no lb-renderer answers on %s: %s: check that it runs, or name its HOST:PORT in --listen"
              .formatted(place, e.getMessage()));
    }
    out.print(json ? report.json() : report.summary());
    out.flush();
    return (report.ready() ? ExitCode.OK : ExitCode.NOT_READY).number();
  }

  /** Shows the built-in template. */
  @Command(
      name = "template",
      description = "Prints the built-in template, to start one's own from.")
  int template(@Mixin CommonOptions common) throws ExitException {
    configureLog(common, Logging.Stream.ERR);
    out.print(TemplateSource.builtIn().read());
    out.flush();
    return ExitCode.OK.number();
  }

  private void configureLog(CommonOptions common, Logging.Stream stream) throws ExitException {
    Logging.configure(common, stream, SecretFiles.redactor(environment));
  }

  private static String[] withCommand(CommandLine program, String... arguments) {
    List<String> known = new ArrayList<>(program.getSubcommands().keySet());
    program.getCommandSpec().options().forEach(option -> known.addAll(List.of(option.names())));
    if (arguments.length > 0 && known.contains(arguments[0])) {
      return arguments;
    }
    List<String> completed = new ArrayList<>(List.of(DEFAULT_COMMAND));
    completed.addAll(Arrays.asList(arguments));
    return completed.toArray(String[]::new);
  }

  /**
   * Gives an option the value that its variable has. An empty variable counts as none, which {@code
   * ${env:…}} in a default value cannot say.
   */
  static IDefaultValueProvider variables(Map<String, String> environment) {
    return argument -> {
      if (argument instanceof OptionSpec option && !option.usageHelp() && !option.versionHelp()) {
        String name = option.longestName().substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
        String value = environment.getOrDefault(PREFIX + name, "");
        return value.isEmpty() ? null : value;
      }
      return null;
    };
  }

  /** Who asks for help gets it, whatever else is wrong. */
  private int helpOrReport(CommandLine.ParameterException e, List<String> arguments) {
    if (arguments.contains("--help") || arguments.contains("-h")) {
      e.getCommandLine().usage(out);
      return ExitCode.OK.number();
    }
    return report(usage(e));
  }

  private static ExitException usage(CommandLine.ParameterException e) {
    if (e.getCause() instanceof TypeConversionException wanted
        && e.getArgSpec() instanceof OptionSpec option
        && option.converters().length > 0) {
      return ExitException.usage(
          option.longestName() + " is '" + e.getValue() + "': " + wanted.getMessage());
    }
    String what = String.valueOf(e.getMessage());
    if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
      String first = unmatched.getUnmatched().get(0);
      if (first.startsWith("@")) {
        what = "no file of arguments at " + first.substring(1);
      } else if (COMMANDS.contains(first)) {
        what = "the command " + first + " comes first: lb-renderer " + first + " [OPTION...]";
      }
    }
    return ExitException.usage(what + ": see lb-renderer --help");
  }

  private int report(Exception e) {
    ExitCode code = ExitCode.INTERNAL;
    String line = "internal error: " + e + ": please report it, with the log";
    if (e instanceof ExitException exit) {
      code = exit.code();
      line = exit.getMessage();
    } else if (e.getCause() instanceof Error error) {
      throw error;
    } else {
      LoggerFactory.getLogger(RootCommand.class).error("This should not happen", e);
    }
    err.println(SecretFiles.redactor(environment).redact("lb-renderer: " + line));
    return code.number();
  }

  /** The version of the jar that this comes from. */
  static final class Version implements IVersionProvider {
    static String number() {
      return Objects.requireNonNullElse(
          Version.class.getPackage().getImplementationVersion(), "development");
    }

    @Override
    public String[] getVersion() {
      return new String[] {"lb-renderer " + number()};
    }
  }
}
