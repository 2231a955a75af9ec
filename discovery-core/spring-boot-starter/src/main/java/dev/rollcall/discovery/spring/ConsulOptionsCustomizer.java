package dev.rollcall.discovery.spring;

import dev.rollcall.discovery.ConsulOptions;

/**
 * Sets options of the connection to Consul for which there is no property. Beans of this type are
 * called in their order, after the properties.
 */
@FunctionalInterface
public interface ConsulOptionsCustomizer {

  /**
   * Sets options.
   *
   * @param options the builder, with what the environment and the properties say
   */
  void customize(ConsulOptions.Builder options);
}
