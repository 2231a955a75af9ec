package dev.rollcall.lb.cli;

import dev.rollcall.lb.template.BuiltInTemplate;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows the built-in template. */
@Command(name = "template", description = "Prints the built-in template, to start one's own from.")
final class TemplateCommand implements Callable<Integer> {
  @Mixin private CommonOptions common = new CommonOptions();

  private final CliContext surroundings;

  TemplateCommand(CliContext surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws ExitException {
    Logging.configure(
        common, Logging.Stream.ERR, SecretFiles.redaction(surroundings.environment()));
    surroundings.out().print(new BuiltInTemplate().read());
    surroundings.out().flush();
    return ExitCode.OK.number();
  }
}
