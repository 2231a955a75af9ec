package dev.rollcall.lb.cli;

import dev.rollcall.lb.apply.Applied;
import dev.rollcall.lb.apply.Applier;
import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.template.Rendering;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Renders and applies once. */
final class SingleRun {
  private static final Logger log = LoggerFactory.getLogger(SingleRun.class);

  private final Settings settings;

  SingleRun(Settings settings) {
    this.settings = settings;
  }

  void run() throws Exit {
    var template = Opening.template(settings.input()).current();
    ConfigFile file = Opening.output(settings);
    try (Haproxy haproxy = Opening.judge(settings)) {
      Rendering rendering =
          FirstRendering.of(settings.input(), template, Optional.of(settings.output()));
      end(Applier.byReloads(file, haproxy).apply(rendering.text(), rendering.others()));
    }
  }

  private void end(Applied applied) throws Exit {
    if (applied instanceof Applied.Rejected rejected) {
      throw new Exit(
          ExitCode.REFUSED,
          "HAProxy refused the configuration"
              + (rejected.candidate() == null ? "" : ", which is kept in " + rejected.candidate())
              + ": "
              + rejected.message());
    } else if (applied instanceof Applied.Failed failed) {
      throw new Exit(ExitCode.OUTPUT, failed.message());
    } else if (applied instanceof Applied.Waiting waiting) {
      throw new Exit(ExitCode.HAPROXY, waiting.why());
    } else if (applied instanceof Applied.Reloaded reloaded) {
      log.info("Reloaded: {} ({} ms)", reloaded.reason(), reloaded.took().toMillis());
    } else if (applied instanceof Applied.Written written) {
      log.info("Written to {}: {}", settings.output(), written.reason());
    } else {
      log.info("No change in {}", settings.output());
    }
  }
}
