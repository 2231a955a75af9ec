package dev.rollcall.lb.cli;

import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.Rendering;
import dev.rollcall.lb.template.TemplateException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Renders what Consul says now. */
final class FirstRendering {
  private static final Logger log = LoggerFactory.getLogger(FirstRendering.class);

  private FirstRendering() {}

  /** Waits for Consul's answer for every service, and names the instances left out in the log. */
  static Rendering of(Input input, HaproxyTemplate template) throws Exit {
    try {
      Rendering rendering = template.render(FirstView.of(input, template.services()));
      rendering.refusals().forEach(refusal -> log.warn("Left out: {}", refusal));
      return rendering;
    } catch (TemplateException e) {
      throw new Exit(ExitCode.TEMPLATE, String.valueOf(e.getMessage()));
    }
  }
}
