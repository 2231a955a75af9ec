package dev.rollcall.lb.template;

/**
 * An instance that was left out of a rendering. Immutable.
 *
 * @param service the service it is registered for
 * @param instance its id, as Consul has it: not fit for a configuration or a log line as it is, see
 *     {@link PrintableText}
 * @param node the node it is registered on, as Consul has it
 * @param reason one line: which value was refused, and what is allowed
 */
public record InstanceProblem(String service, String instance, String node, String reason) {
  @Override
  public String toString() {
    return "instance '%s' of service %s on node '%s': %s"
        .formatted(
            PrintableText.of(instance), PrintableText.of(service), PrintableText.of(node), reason);
  }
}
