package dev.rollcall.discovery.spring;

import dev.rollcall.discovery.ServiceDefinition;

/**
 * Sets parts of the service's definition for which there is no property, such as checks that the
 * agent runs. Beans of this type are called in their order, after the properties, each time that
 * the application registers.
 */
@FunctionalInterface
public interface ServiceDefinitionCustomizer {

  /**
   * Sets parts of the definition.
   *
   * @param definition the builder, with what the properties say
   */
  void customize(ServiceDefinition.Builder definition);
}
