package dev.rollcall.lb.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Keeps HAProxy in step. */
@Command(
    name = "run",
    description =
        "Keeps HAProxy in step with Consul until a signal ends it. What is run when no command is"
            + " named.")
final class RunCommand implements Callable<Integer> {
  @Mixin private RunOptions options = new RunOptions();
  @Mixin private CommonOptions common = new CommonOptions();

  private final CliContext surroundings;

  RunCommand(CliContext surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws ExitException {
    Logging.configure(
        common, Logging.Stream.OUT, SecretFiles.redaction(surroundings.environment()));
    RunSettings settings = RunSettings.of(options, surroundings.environment());
    if (options.once) {
      Signals.releaseHangUp();
      new OneTimeRun(settings).run();
    } else {
      new Daemon(settings).run();
    }
    return ExitCode.OK.number();
  }
}
