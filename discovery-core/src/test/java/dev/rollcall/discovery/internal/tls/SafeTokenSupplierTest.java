package dev.rollcall.discovery.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.discovery.LogCapture;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SafeTokenSupplierTest {

  private static final Executor HANGS = task -> {};

  private final LogCapture logged = new LogCapture();
  private Supplier<Optional<String>> supplier = () -> Optional.of("one");
  private Executor threads = Runnable::run;
  private final SafeTokenSupplier token =
      new SafeTokenSupplier(
          () -> supplier.get(), task -> threads.execute(task), Duration.ofMillis(10));

  @AfterEach
  void closeLog() {
    logged.close();
  }

  @Test
  void theSupplierIsCalledEachTime() {
    assertThat(token.get()).contains("one");
    supplier = () -> Optional.of("two");
    assertThat(token.get()).contains("two");
    supplier = Optional::empty;
    assertThat(token.get()).isEmpty();
  }

  @Test
  void theLastTokenIsUsedWhileTheSupplierThrows() {
    token.get();
    supplier =
        () -> {
          throw new NoClassDefFoundError("a vault's client");
        };
    assertThat(token.get()).contains("one");
    assertThat(token.get()).contains("one");
    assertThat(logged.lines())
        .singleElement()
        .asString()
        .isEqualTo(
            "WARN The token supplier failed: java.lang.NoClassDefFoundError: a vault's client;"
                + " going on with the last token");
    supplier = () -> Optional.of("two");
    assertThat(token.get()).contains("two");
    assertThat(logged.lines()).last().asString().contains("answers again");
  }

  @Test
  void aSupplierThatHangsIsWaitedForOnceAndNeverCalledTwiceAtOnce() {
    token.get();
    AtomicInteger asked = new AtomicInteger();
    threads = task -> asked.incrementAndGet();
    assertThat(token.get()).contains("one");
    assertThat(token.get()).contains("one");
    assertThat(asked).hasValue(1);
    assertThat(logged.lines()).singleElement().asString().contains("not answered within 10 ms");
  }

  @Test
  void withoutAnyTokenTheFailureIsThrown() {
    threads = HANGS;
    assertThatThrownBy(token::get)
        .isInstanceOf(UncheckedIOException.class)
        .hasMessage("the token supplier has not answered within 10 ms");
  }

  @Test
  void aThreadThatCannotBeStartedIsAFailureAsAnyOther() {
    token.get();
    threads =
        task -> {
          throw new OutOfMemoryError("unable to create native thread");
        };
    assertThat(token.get()).contains("one");
    threads = Runnable::run;
    assertThat(token.get()).contains("one");
  }
}
