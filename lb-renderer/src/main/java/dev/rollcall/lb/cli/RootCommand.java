package dev.rollcall.lb.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Reads the arguments, runs what they ask for, and turns whatever goes wrong into one line and an
 * exit code.
 */
public final class RootCommand {
  private static final String PREFIX = "LB_RENDERER_";
  private static final String DEFAULT_COMMAND = "run";

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
   * say otherwise. Never throws.
   */
  public int run(String... arguments) {
    CommandLine program = program(new CliContext(environment, out));
    String[] completed = withCommand(program, arguments);
    if (!completed[0].equals(DEFAULT_COMMAND)) {
      // What runs at a terminal ends with it.
      Signals.releaseHangUp();
    }
    return program
        .setDefaultValueProvider(variables(environment))
        .setExecutionExceptionHandler((e, failed, parsed) -> tell(e))
        .setParameterExceptionHandler((e, given) -> tell(usage(e)))
        .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
        .execute(completed);
  }

  /** The program and its commands, as the help, the man page and the completion show them. */
  static CommandLine program(CliContext surroundings) {
    CommandLine program =
        new CommandLine(new Program())
            .addSubcommand(new RunCommand(surroundings))
            .addSubcommand(new RenderCommand(surroundings))
            .addSubcommand(new CheckCommand(surroundings))
            .addSubcommand(new StatusCommand(surroundings))
            .addSubcommand(new TemplateCommand(surroundings));
    program
        .getCommandSpec()
        .usageMessage()
        .exitCodeListHeading("%nExit codes:%n")
        .exitCodeList(codes());
    return program;
  }

  private static String[] withCommand(CommandLine program, String... arguments) {
    List<String> known = new ArrayList<>(program.getSubcommands().keySet());
    program.getCommandSpec().options().forEach(option -> known.addAll(List.of(option.names())));
    if (arguments.length > 0 && known.contains(arguments[0])) {
      return arguments;
    }
    List<String> completed = new ArrayList<>(List.of(DEFAULT_COMMAND));
    completed.addAll(List.of(arguments));
    return completed.toArray(String[]::new);
  }

  /** Gives an option the value that its variable has. */
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

  private static ExitException usage(CommandLine.ParameterException e) {
    String what = String.valueOf(e.getMessage());
    if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
      String first = unmatched.getUnmatched().get(0);
      if (first.startsWith("@")) {
        what = "no file of arguments at " + first.substring(1);
      } else if (rootOf(e).getSubcommands().containsKey(first)) {
        what = "the command " + first + " comes first: lb-renderer " + first + " [OPTION...]";
      }
    }
    return new ExitException(ExitCode.USAGE, what + ": see lb-renderer --help");
  }

  private static CommandLine rootOf(CommandLine.ParameterException e) {
    return e.getCommandLine().getCommandSpec().root().commandLine();
  }

  private int tell(Exception e) {
    if (e instanceof ExitException exit) {
      err.println(SecretFiles.redaction(environment).redact("lb-renderer: " + exit.getMessage()));
      return exit.code().number();
    }
    LoggerFactory.getLogger(RootCommand.class).error("This should not happen", e);
    err.println(
        SecretFiles.redaction(environment)
            .redact("lb-renderer: internal error: " + e + ": please report it, with the log"));
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
