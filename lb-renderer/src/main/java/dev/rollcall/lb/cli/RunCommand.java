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
  @Mixin private Options options = new Options();
  @Mixin private CommonOptions common = new CommonOptions();

  private final Surroundings surroundings;

  RunCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws Exit {
    Logs.configure(common, Logs.Stream.OUT, SecretFiles.redaction(surroundings.environment()));
    Settings settings = Settings.of(options, surroundings.environment());
    if (options.once) {
      Signals.releaseHangUp();
      new SingleRun(settings).run();
    } else {
      new Service(settings).run();
    }
    return ExitCode.OK.number();
  }
}
