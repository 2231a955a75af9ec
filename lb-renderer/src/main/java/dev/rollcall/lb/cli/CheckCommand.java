package dev.rollcall.lb.cli;

import dev.rollcall.lb.haproxy.ConfigCheck;
import dev.rollcall.lb.haproxy.HaproxyBinary;
import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.RenderedConfig;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Asks HAProxy what it thinks of what would be written. */
@Command(
    name = "check",
    description = {
      "Renders the configuration and has HAProxy check it (haproxy -c); touches nothing that"
          + " serves. Ends with 0 if HAProxy takes it, with 5 if not."
    })
final class CheckCommand implements Callable<Integer> {
  @Mixin private InputOptions options = new InputOptions();

  @Option(
      names = "--haproxy",
      order = 12,
      paramLabel = "BINARY",
      defaultValue = "/usr/sbin/haproxy",
      description = "The HAProxy that judges. Default: ${DEFAULT-VALUE}")
  private String haproxy = "";

  @Mixin private CommonOptions common = new CommonOptions();

  private final CliContext surroundings;

  CheckCommand(CliContext surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws ExitException {
    Logging.configure(
        common, Logging.Stream.ERR, SecretFiles.redaction(surroundings.environment()));
    RenderInput input = RenderInput.of(options, surroundings.environment());
    HaproxyTemplate template = ComponentFactory.template(input).current();
    HaproxyBinary binary = ComponentFactory.binary(RunSettings.path("--haproxy", haproxy));
    RenderedConfig rendering = FirstRendering.of(input, template, input.target());
    ConfigCheck check = SandboxedCheck.of(binary, rendering);
    if (check instanceof ConfigCheck.Refused refused) {
      throw new ExitException(
          ExitCode.REFUSED, "HAProxy refuses the configuration: " + refused.message());
    } else if (check instanceof ConfigCheck.Unavailable unjudged) {
      throw new ExitException(ExitCode.HAPROXY, unjudged.reason());
    } else if (check instanceof ConfigCheck.TimedOut late) {
      throw new ExitException(ExitCode.HAPROXY, late.reason());
    }
    surroundings
        .out()
        .println(
            "HAProxy takes it: "
                + rendering.text().lines().count()
                + " lines, services "
                + template.services()
                + ", instances left out: "
                + rendering.refusals().size());
    return ExitCode.OK.number();
  }
}
