package dev.rollcall.lb.cli;

import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.RenderedConfig;
import dev.rollcall.lb.template.ServerNames;
import dev.rollcall.lb.template.TemplateException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Renders what Consul says now. */
final class FirstRendering {
  private static final Logger log = LoggerFactory.getLogger(FirstRendering.class);

  private FirstRendering() {}

  /**
   * Waits for Consul's answer for every service, and names in the log who is left out and what is
   * ignored.
   *
   * @param output the configuration that it is for, from which the servers' names are known; it
   *     need not be there
   */
  static RenderedConfig of(RenderInput input, HaproxyTemplate template, Optional<Path> output)
      throws ExitException {
    try {
      ServerNames names =
          output
              .map(
                  path ->
                      ServerNames.fromConfiguration(
                          ComponentFactory.configuration(new ConfigFile(path))))
              .orElse(ServerNames.NONE);
      RenderedConfig rendering = template.render(FirstView.of(input, template.services()), names);
      rendering.refusals().forEach(refusal -> log.warn("Left out: {}", refusal));
      rendering.ignored().forEach(ignored -> log.warn("Ignored: {}", ignored));
      return rendering;
    } catch (TemplateException e) {
      throw new ExitException(ExitCode.TEMPLATE, String.valueOf(e.getMessage()));
    }
  }
}
