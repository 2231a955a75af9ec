package dev.rollcall.discovery.spring;

import dev.rollcall.discovery.HealthCheck;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The beans that docs/how-to/spring-boot.md shows. */
@Configuration(proxyBeanMethods = false)
class ExampleBeans {

  @Bean
  ServiceQueryCustomizer blueOnly() {
    return query -> query.tag("blue");
  }

  @Bean
  ServiceDefinitionCustomizer checkedByTheAgent() {
    return definition -> definition.check(HealthCheck.http("/actuator/health/readiness"));
  }
}
