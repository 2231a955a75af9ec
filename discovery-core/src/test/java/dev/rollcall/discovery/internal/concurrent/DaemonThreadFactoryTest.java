package dev.rollcall.discovery.internal.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class DaemonThreadFactoryTest {

  private static final boolean HAS_VIRTUAL = Runtime.version().feature() >= 21;

  @Test
  void threadsAreVirtualWhereTheJvmHasThemAndKeepNoProcessAlive() throws Exception {
    CompletableFuture<Thread> ran = new CompletableFuture<>();
    var factory = DaemonThreadFactory.named("rollcall-some-");
    factory.newThread(() -> ran.complete(Thread.currentThread())).start();

    Thread thread = ran.join();
    assertThat(thread.isDaemon()).isTrue();
    assertThat(thread.getName()).isEqualTo("rollcall-some-1");
    assertThat(factory.newThread(() -> {}).getName()).isEqualTo("rollcall-some-2");
    assertThat(isVirtual(thread)).isEqualTo(HAS_VIRTUAL);
  }

  @Test
  void platformThreadsAreDaemons() throws Exception {
    Thread thread = DaemonThreadFactory.platform("rollcall-timer-").newThread(() -> {});
    assertThat(thread.isDaemon()).isTrue();
    assertThat(thread.getName()).isEqualTo("rollcall-timer-1");
    assertThat(isVirtual(thread)).isFalse();
  }

  private static boolean isVirtual(Thread thread) throws ReflectiveOperationException {
    return HAS_VIRTUAL && (boolean) Thread.class.getMethod("isVirtual").invoke(thread);
  }
}
