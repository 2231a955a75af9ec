package dev.rollcall.discovery.spring.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.test.context.TestPropertySource;

/**
 * On a test class with a Spring application context: the application registers in a {@link
 * dev.rollcall.discovery.testing.InMemoryRegistry}, a bean of the context, instead of Consul, and
 * finds there what the test puts in. It leaves without a quiet period, so that the context closes
 * at once.
 *
 * <p>Needs {@code discovery-core} with the classifier {@code testing}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ImportAutoConfiguration(InMemoryRegistryAutoConfiguration.class)
@TestPropertySource(properties = "rollcall.shutdown.quiet-period=0s")
public @interface AutoConfigureInMemoryRegistry {}
