package dev.rollcall.discovery.testing;

import java.lang.reflect.Method;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives each JUnit 5 test an {@link InMemoryRegistry} of its own, and fails the test if a watch or
 * a registration is still open at its end, after its {@code @AfterEach} methods. It closes them
 * then, so that no other test suffers from it.
 *
 * <pre>{@code
 * @ExtendWith(RegistryExtension.class)
 * class ShopTest {
 *   @Test
 *   void registersItself(InMemoryRegistry registry) { ... }
 * }
 * }</pre>
 *
 * <p>A test method, or a {@code @BeforeEach} or {@code @AfterEach} method, may take an {@link
 * InMemoryRegistry} and a {@link LeakCheck}, the latter for connections to a real Consul. This type
 * is thread-safe; tests may run in parallel.
 */
public final class RegistryExtension implements ParameterResolver, AfterEachCallback {

  private static final Namespace NAMESPACE = Namespace.create(RegistryExtension.class);

  /** Has given out nothing yet. */
  public RegistryExtension() {}

  private record TestResources(LeakCheck leaks, InMemoryRegistry registry) {
    static TestResources anew() {
      LeakCheck leaks = new LeakCheck();
      return new TestResources(leaks, new InMemoryRegistry(leaks));
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
    Class<?> type = parameter.getParameter().getType();
    return parameter.getDeclaringExecutable() instanceof Method
        && test.getTestMethod().isPresent()
        && (type == InMemoryRegistry.class || type == LeakCheck.class);
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
    TestResources given =
        test.getStore(NAMESPACE)
            .getOrComputeIfAbsent(
                TestResources.class, key -> TestResources.anew(), TestResources.class);
    return parameter.getParameter().getType() == LeakCheck.class ? given.leaks() : given.registry();
  }

  @Override
  public void afterEach(ExtensionContext test) {
    TestResources given = test.getStore(NAMESPACE).get(TestResources.class, TestResources.class);
    if (given == null) {
      return;
    }
    try {
      given.leaks().assertNoLeaks();
    } finally {
      given.leaks().close();
    }
  }
}
