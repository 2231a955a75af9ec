package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A few clients that ask for the page over and over, and note every answer that was not a page. */
final class SteadyClients implements AutoCloseable {
  private static final int CLIENTS = 4;
  private static final int REMEMBERED = 20;

  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final AtomicInteger answered = new AtomicInteger();
  private final CountDownLatch firstAnswers = new CountDownLatch(CLIENTS);
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private volatile boolean going = true;

  static SteadyClients on(Site site) throws InterruptedException {
    SteadyClients load = new SteadyClients();
    for (int i = 0; i < CLIENTS; i++) {
      Thread thread = new Thread(() -> load.ask(site), "client-" + i);
      load.threads.add(thread);
      thread.start();
    }
    load.firstAnswers.await();
    return load;
  }

  /** Ends the load; fails if a request did, or if next to nothing was asked meanwhile. */
  void assertNoneFailed() {
    close();
    assertThat(failures).as("failed of %d requests", answered.get() + failures.size()).isEmpty();
    assertThat(answered).as("requests answered").hasValueGreaterThan(CLIENTS);
  }

  @Override
  public void close() {
    going = false;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void ask(Site site) {
    boolean first = true;
    while (going && failures.size() < REMEMBERED) {
      try {
        HttpResponse<String> answer = site.get();
        if (answer.statusCode() == 200) {
          answered.incrementAndGet();
        } else {
          failures.add("HTTP " + answer.statusCode());
        }
      } catch (IOException e) {
        failures.add(e.toString());
      }
      if (first) {
        firstAnswers.countDown();
        first = false;
      }
    }
  }
}
