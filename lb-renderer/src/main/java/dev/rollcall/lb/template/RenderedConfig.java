package dev.rollcall.lb.template;

import dev.rollcall.lb.config.PrintableText;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A rendered configuration. Immutable.
 *
 * @param text the configuration; it ends with a newline
 * @param auxiliaryFiles their texts by path
 * @param refusals the instances left out, in the order of their services and ids
 * @param ignored requests of served instances that are not followed, in the same order
 * @param serverNames the servers' names, for the next rendering
 */
public record RenderedConfig(
    String text,
    Map<Path, String> auxiliaryFiles,
    List<InstanceProblem> refusals,
    List<InstanceProblem> ignored,
    ServerNames serverNames) {
  /** Copies the collections. */
  public RenderedConfig {
    auxiliaryFiles = Map.copyOf(auxiliaryFiles);
    refusals = List.copyOf(refusals);
    ignored = List.copyOf(ignored);
  }

  @Override
  public String toString() {
    // The text may hold the statistics page's password.
    return "RenderedConfig[%d characters, auxiliaryFiles=%s, refusals=%s, ignored=%s]"
        .formatted(text.length(), auxiliaryFiles.keySet(), refusals, ignored);
  }

  /**
   * An instance that was left out of a rendering. Immutable.
   *
   * @param service the service it is registered for
   * @param instance its id, as Consul has it: not fit for a configuration or a log line as it is,
   *     see {@link PrintableText}
   * @param node the node it is registered on, as Consul has it
   * @param reason one line: which value was refused, and what is allowed
   */
  public record InstanceProblem(String service, String instance, String node, String reason) {
    @Override
    public String toString() {
      return "instance '%s' of service %s on node '%s': %s"
          .formatted(
              PrintableText.of(instance),
              PrintableText.of(service),
              PrintableText.of(node),
              reason);
    }
  }
}
