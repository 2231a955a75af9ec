package dev.rollcall.discovery.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SuppliedTokenTest {

  private static final Executor HANGS = task -> {};

  private final Logged logged = new Logged();
  private Supplier<Optional<String>> supplier = () -> Optional.of("one");
  private Executor threads = Runnable::run;
  private final SuppliedToken token =
      new SuppliedToken(() -> supplier.get(), task -> threads.execute(task), Duration.ofMillis(10));

  @AfterEach
  void closeLog() {
    logged.close();
  }

  @Test
  void isAskedForEachTime() {
    assertThat(token.get()).contains("one");
    supplier = () -> Optional.of("two");
    assertThat(token.get()).contains("two");
    supplier = Optional::empty;
    assertThat(token.get()).isEmpty();
  }

  @Test
  void theLastOneGoesOnWhileTheSupplierThrowsWhateverThatIs() {
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
  void aSupplierThatHangsIsWaitedForOnceAndNeverAskedTwiceAtOnce() {
    token.get();
    AtomicInteger asked = new AtomicInteger();
    threads = task -> asked.incrementAndGet();
    assertThat(token.get()).contains("one");
    assertThat(token.get()).contains("one");
    assertThat(asked).hasValue(1);
    assertThat(logged.lines()).singleElement().asString().contains("not answered within 10 ms");
  }

  @Test
  void withoutAnyTokenTheFailureIsTold() {
    threads = HANGS;
    assertThatThrownBy(token::get)
        .isInstanceOf(UncheckedIOException.class)
        .hasMessage("the token supplier has not answered within 10 ms");
  }

  @Test
  void noRoomForAThreadIsAFailureAsAnother() {
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
