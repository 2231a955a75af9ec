package dev.rollcall.lb.cli;

import dev.rollcall.lb.template.Rendering;
import dev.rollcall.lb.template.TemplateException;
import java.io.PrintStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shows what would be written, and touches nothing. */
final class DryRun {
  private static final Logger log = LoggerFactory.getLogger(DryRun.class);

  private final Settings settings;
  private final PrintStream out;

  DryRun(Settings settings, PrintStream out) {
    this.settings = settings;
    this.out = out;
  }

  void run() throws Exit {
    try {
      var template = Opening.template(settings).current();
      Rendering rendering = template.render(FirstView.of(settings, template.services()));
      rendering.refusals().forEach(refusal -> log.warn("Left out: {}", refusal));
      out.print(rendering.text());
      out.flush();
    } catch (TemplateException e) {
      throw new Exit(ExitCode.TEMPLATE, String.valueOf(e.getMessage()));
    }
  }
}
