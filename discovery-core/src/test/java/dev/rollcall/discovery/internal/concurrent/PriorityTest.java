package dev.rollcall.discovery.internal.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.internal.concurrent.SerialExecutor.Priority;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which calls go first when all threads that speak with the agent are busy but one. */
class PriorityTest {

  private final DaemonThreads threads = new DaemonThreads();
  private final CountDownLatch first = new CountDownLatch(1);
  private final CountDownLatch end = new CountDownLatch(1);
  private final List<String> ran = new CopyOnWriteArrayList<>();

  @BeforeEach
  void occupyAllThreads() {
    occupy(first);
    for (int i = 1; i < DaemonThreads.CONTROL_THREADS; i++) {
      occupy(end);
    }
  }

  @AfterEach
  void close() {
    end.countDown();
    threads.close();
  }

  private void occupy(CountDownLatch until) {
    serial()
        .execute(
            Priority.DEREGISTER,
            () -> {
              try {
                until.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private SerialExecutor serial() {
    return new SerialExecutor(threads.control());
  }

  private Runnable noting(String what) {
    return () -> ran.add(what);
  }

  private List<String> inOrder(int expected) {
    first.countDown();
    await().until(() -> ran.size() == expected);
    return ran;
  }

  @Test
  void heartbeatsAndDeregistrationsGoBeforeThousandRegistrations() {
    for (int i = 0; i < 1000; i++) {
      serial().execute(Priority.REGISTER, noting("join"));
    }
    for (int i = 0; i < 10; i++) {
      serial().execute(Priority.HEARTBEAT, noting("heartbeat"));
    }
    for (int i = 0; i < 10; i++) {
      serial().execute(Priority.DEREGISTER, noting("leave"));
    }

    List<String> order = inOrder(1020);
    assertThat(order.subList(0, 10)).containsOnly("leave");
    assertThat(order.subList(10, 20)).containsOnly("heartbeat");
  }

  @Test
  void aRegistrationThatWaitsDoesNotDelayTheDeregistrationBehindIt() {
    for (int i = 0; i < 100; i++) {
      serial().execute(Priority.HEARTBEAT, noting("heartbeat"));
    }
    SerialExecutor web = serial();
    web.execute(Priority.REGISTER, noting("web: join"));
    web.execute(Priority.DEREGISTER, noting("web: leave"));

    assertThat(inOrder(102)).startsWith("web: join", "web: leave", "heartbeat");
  }
}
