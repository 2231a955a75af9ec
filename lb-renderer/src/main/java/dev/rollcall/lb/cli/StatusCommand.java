package dev.rollcall.lb.cli;

import dev.rollcall.lb.status.StatusClient;
import dev.rollcall.lb.status.StatusReport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Tells how a running lb-renderer is. */
@Command(
    name = "status",
    description = {
      "Asks the lb-renderer that runs how it is, and prints that. Ends with 0 if the last"
          + " configuration is in use, with 8 if not, with 9 if none answers."
    })
final class StatusCommand implements Callable<Integer> {
  @Mixin private ListenOption listen = new ListenOption();

  @Option(
      names = "--json",
      order = 21,
      description = "Print what /status answers, instead of a summary.")
  private boolean json;

  @Mixin private CommonOptions common = new CommonOptions();

  private final CliContext surroundings;

  StatusCommand(CliContext surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws ExitException {
    Logging.configure(
        common, Logging.Stream.ERR, SecretFiles.redaction(surroundings.environment()));
    InetSocketAddress address =
        RunSettings.listen(listen.address)
            .orElseThrow(
                () ->
                    new ExitException(
                        ExitCode.USAGE,
                        "--listen is off: give the HOST:PORT that the running lb-renderer listens"
                            + " on"));
    StatusReport report;
    try {
      report = StatusClient.fetch(address);
    } catch (IOException e) {
      throw new ExitException(
          ExitCode.NO_ANSWER,
          "no lb-renderer answers on "
              + listen.address
              + ": "
              + e.getMessage()
              + ": check that it runs, or name its HOST:PORT in --listen");
    }
    surroundings.out().print(json ? report.json() : report.summary());
    surroundings.out().flush();
    return (report.ready() ? ExitCode.OK : ExitCode.NOT_READY).number();
  }
}
