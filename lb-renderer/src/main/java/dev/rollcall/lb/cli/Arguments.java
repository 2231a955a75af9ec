package dev.rollcall.lb.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Reads the arguments, runs what they ask for, and turns whatever goes wrong into one line and an
 * exit code.
 */
public final class Arguments {
  private static final String PREFIX = "LB_RENDERER_";

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
  public Arguments(Map<String, String> environment, PrintStream out, PrintStream err) {
    this.environment = Map.copyOf(environment);
    this.out = out;
    this.err = err;
  }

  /**
   * Runs, and returns the exit code. Blocks until a signal ends the program, unless the arguments
   * say otherwise. Never throws.
   */
  public int run(String... arguments) {
    Options options =
        new Options() {
          @Override
          public Integer call() throws Exit {
            return Arguments.this.call(this);
          }
        };
    CommandLine command = new CommandLine(options);
    command
        .getCommandSpec()
        .usageMessage()
        .exitCodeListHeading("%nExit codes:%n")
        .exitCodeList(codes());
    return command
        .setDefaultValueProvider(variables())
        .setExecutionExceptionHandler((e, failed, parsed) -> tell(e))
        .setParameterExceptionHandler(
            (e, given) ->
                tell(new Exit(ExitCode.USAGE, e.getMessage() + ": see lb-renderer --help")))
        .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
        .execute(arguments);
  }

  private int call(Options options) throws Exit {
    Settings settings = Settings.of(options, environment);
    if (options.dryRun) {
      new DryRun(settings, out).run();
    } else if (options.once) {
      new SingleRun(settings).run();
    } else {
      new Service(settings).run();
    }
    return ExitCode.OK.number();
  }

  private IDefaultValueProvider variables() {
    return argument -> {
      if (argument instanceof OptionSpec option && option.arity().max() > 0) {
        String name = option.longestName().substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
        String value = environment.getOrDefault(PREFIX + name, "");
        return value.isEmpty() ? null : value;
      }
      return null;
    };
  }

  private int tell(Exception e) {
    if (e instanceof Exit exit) {
      err.println("lb-renderer: " + exit.getMessage());
      return exit.code().number();
    }
    LoggerFactory.getLogger(Arguments.class).error("This should not happen", e);
    err.println("lb-renderer: internal error: " + e + ": please report it, with the log");
    return ExitCode.INTERNAL.number();
  }

  private static Map<String, String> codes() {
    Map<String, String> codes = new LinkedHashMap<>();
    for (ExitCode code : ExitCode.values()) {
      codes.put(" " + code.number(), code.meaning());
    }
    return codes;
  }
}
