package dev.rollcall.system;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.concurrent.locks.LockSupport;

/**
 * How many servers HAProxy calls up, looked at over and over, by what lb-renderer tells of it. What
 * is not told, as when lb-renderer is being replaced, counts for nothing.
 */
final class UpServersMonitor implements AutoCloseable {
  private static final long PAUSE_NANOS = 250_000_000;

  private final Site status;
  private final Thread thread;
  private volatile boolean going = true;
  private volatile int fewest = Integer.MAX_VALUE;

  private UpServersMonitor(Stack stack) {
    status = stack.status();
    thread = new Thread(this::look, "up-servers");
  }

  static UpServersMonitor of(Stack stack) {
    UpServersMonitor monitor = new UpServersMonitor(stack);
    monitor.thread.start();
    return monitor;
  }

  /** The fewest that were seen. */
  int fewest() {
    return fewest;
  }

  @Override
  public void close() {
    going = false;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look() {
    while (going) {
      try {
        HttpResponse<String> live = status.get("/live", "application/json");
        if (live.statusCode() == 200) {
          fewest = Math.min(fewest, up(JsonParser.parseString(live.body()).getAsJsonObject()));
        }
      } catch (IOException e) {
        // Not told.
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private static int up(JsonObject live) {
    int up = 0;
    for (JsonElement server : live.getAsJsonArray("servers")) {
      if (server.getAsJsonObject().get("state").getAsString().startsWith("UP")) {
        up++;
      }
    }
    return up;
  }
}
