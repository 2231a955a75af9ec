package dev.rollcall.lb.cli;

import dev.rollcall.lb.template.RenderedConfig;
import java.io.PrintStream;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows what would be written, and touches nothing. */
@Command(
    name = "render",
    description =
        "Renders the configuration to standard output and touches nothing; files beside it follow,"
            + " each after a line with its name. The log goes to standard error.")
final class RenderCommand implements Callable<Integer> {
  @Mixin private InputOptions options = new InputOptions();
  @Mixin private CommonOptions common = new CommonOptions();

  private final CliContext surroundings;

  RenderCommand(CliContext surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws ExitException {
    Logging.configure(
        common, Logging.Stream.ERR, SecretFiles.redaction(surroundings.environment()));
    RenderInput input = RenderInput.of(options, surroundings.environment());
    RenderedConfig rendering =
        FirstRendering.of(input, ComponentFactory.template(input).current(), input.target());
    PrintStream out = surroundings.out();
    out.print(rendering.text());
    new TreeMap<>(rendering.auxiliaryFiles())
        .forEach(
            (path, text) -> {
              out.println("==> " + path + " <==");
              out.print(text);
            });
    out.flush();
    return ExitCode.OK.number();
  }
}
