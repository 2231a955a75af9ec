package dev.rollcall.lb.haproxy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** Clients that ask without a break: some on connections that they keep, some on a new one each. */
public final class LoadGenerator implements AutoCloseable {

  private final SiteClient site;
  private final String path;
  private final AtomicLong answered = new AtomicLong();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final List<Thread> clients = new ArrayList<>();
  private volatile boolean over;

  /** Begins at once, with so many clients that keep their connection and so many that don't. */
  public LoadGenerator(SiteClient site, String path, int keeping, int connecting) {
    this.site = site;
    this.path = path;
    for (int i = 0; i < keeping + connecting; i++) {
      Thread client = new Thread(i < keeping ? this::keep : this::connect, "client-" + i);
      clients.add(client);
      client.start();
    }
  }

  /** How many requests were answered with 200. */
  public long answered() {
    return answered.get();
  }

  /** What went wrong so far, one line for each lost request. */
  public List<String> failures() {
    return List.copyOf(failures);
  }

  @Override
  public void close() {
    over = true;
    for (Thread client : clients) {
      try {
        client.join(20_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void connect() {
    while (!over) {
      try {
        site.get(path);
        answered.incrementAndGet();
      } catch (IOException e) {
        failures.add("new connection: " + e);
      }
    }
  }

  private void keep() {
    while (!over) {
      int asked = 0;
      try (SiteClient.Connection connection = site.connect()) {
        while (!over && connection.isOpen()) {
          asked++;
          connection.get(path, true);
          answered.incrementAndGet();
        }
      } catch (IOException e) {
        failures.add("request " + asked + " of a connection: " + e);
      }
    }
  }
}
