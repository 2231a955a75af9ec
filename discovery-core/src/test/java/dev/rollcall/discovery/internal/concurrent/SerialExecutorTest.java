package dev.rollcall.discovery.internal.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.discovery.LogCapture;
import dev.rollcall.discovery.internal.concurrent.SerialExecutor.Priority;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SerialExecutorTest {

  private final ManualTime thread = new ManualTime();
  private final LogCapture logged = new LogCapture();
  private final List<String> done = new ArrayList<>();

  @AfterEach
  void closeLog() {
    logged.close();
  }

  @Test
  void anErrorOfOneTaskDoesNotStopTheNext() {
    SerialExecutor serial = new SerialExecutor(thread);
    serial.execute(
        Priority.HEARTBEAT,
        () -> {
          throw new NoSuchMethodError("a bug");
        });
    serial.execute(Priority.HEARTBEAT, () -> done.add("next"));
    thread.settle();
    assertThat(done).containsExactly("next");
  }

  @Test
  void aTaskThatCouldNotBeSubmittedRunsBeforeTheNextOne() {
    AtomicBoolean full = new AtomicBoolean(true);
    Executor scarce =
        task -> {
          if (full.get()) {
            throw new OutOfMemoryError("unable to create native thread");
          }
          thread.execute(task);
        };
    SerialExecutor serial = new SerialExecutor(scarce);
    assertThatThrownBy(() -> serial.execute(Priority.HEARTBEAT, () -> done.add("first")))
        .isInstanceOf(OutOfMemoryError.class);
    full.set(false);
    serial.execute(Priority.HEARTBEAT, () -> done.add("second"));
    thread.settle();
    assertThat(done).containsExactly("first", "second");
  }
}
