package dev.rollcall.lb.cli;

import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.template.RenderedConfig;
import dev.rollcall.lb.update.ApplyResult;
import dev.rollcall.lb.update.ConfigApplier;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Renders and applies once. */
final class OneTimeRun {
  private static final Logger log = LoggerFactory.getLogger(OneTimeRun.class);

  private final RunSettings settings;

  OneTimeRun(RunSettings settings) {
    this.settings = settings;
  }

  void run() throws ExitException {
    var template = ComponentFactory.template(settings.input()).current();
    ConfigFile file = ComponentFactory.output(settings);
    try (Haproxy haproxy = ComponentFactory.judge(settings)) {
      RenderedConfig rendering =
          FirstRendering.of(settings.input(), template, Optional.of(settings.output()));
      end(
          ConfigApplier.reloadOnly(file, haproxy)
              .apply(rendering.text(), rendering.auxiliaryFiles()));
    }
  }

  private void end(ApplyResult applied) throws ExitException {
    if (applied instanceof ApplyResult.Rejected rejected) {
      throw new ExitException(
          ExitCode.REFUSED,
          "HAProxy refused the configuration"
              + (rejected.candidate() == null ? "" : ", which is kept in " + rejected.candidate())
              + ": "
              + rejected.message());
    } else if (applied instanceof ApplyResult.Failed failed) {
      throw new ExitException(ExitCode.OUTPUT, failed.message());
    } else if (applied instanceof ApplyResult.HaproxyAbsent waiting) {
      throw new ExitException(ExitCode.HAPROXY, waiting.reason());
    } else if (applied instanceof ApplyResult.Reloaded reloaded) {
      log.info("Reloaded: {} ({} ms)", reloaded.reason(), reloaded.took().toMillis());
    } else if (applied instanceof ApplyResult.FileWritten written) {
      log.info("Written to {}: {}", settings.output(), written.reason());
    } else {
      log.info("No change in {}", settings.output());
    }
  }
}
