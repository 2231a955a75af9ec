package dev.rollcall.lb.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows what would be written, and touches nothing. */
@Command(
    name = "render",
    description =
        "Renders the configuration to standard output and touches nothing. The log goes to standard error.")
final class RenderCommand implements Callable<Integer> {
  @Mixin private InputOptions options = new InputOptions();
  @Mixin private CommonOptions common = new CommonOptions();

  private final Surroundings surroundings;

  RenderCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws Exit {
    Logs.configure(common, Logs.Stream.ERR);
    Input input = Input.of(options, surroundings.environment());
    surroundings.out().print(FirstRendering.of(input, Opening.template(input).current()).text());
    surroundings.out().flush();
    return ExitCode.OK.number();
  }
}
