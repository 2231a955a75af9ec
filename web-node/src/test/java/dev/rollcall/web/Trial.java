package dev.rollcall.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HttpStatus;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What somebody needs who tries a load balancer out on this node: answers that take their time,
 * requests that are recorded each time they arrive, and a health check that fails for a while.
 * {@link TrialNode} serves it. Thread-safe.
 *
 * <ul>
 *   <li>{@code GET /trial?after=3s} answers the host's name after that time;
 *   <li>{@code POST /trial?id=…&after=…} also logs the id, at once: an id that stands in the logs
 *       of the nodes twice was delivered twice. Logs, since they outlive a node that is killed;
 *   <li>{@code POST /trial/unwell?for=10s} makes {@code /health} answer 500 for that time.
 * </ul>
 */
final class Trial {

  /** The longest wait for an answer, and the longest illness. */
  static final Duration LONGEST = Duration.ofSeconds(30);

  private static final Logger LOG = LoggerFactory.getLogger(Trial.class);

  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s)");
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9-]{1,64}");

  private final String line;
  private volatile long unwellUntil = System.nanoTime();

  /**
   * Prepares the answers.
   *
   * @param host the node's host name
   */
  Trial(String host) {
    this.line = HostPage.line(host);
  }

  /** Adds the routes. */
  void addTo(RoutesConfig routes) {
    routes.before(NodeServer.HEALTH, this::ail);
    routes.get("/trial", refusing(this::answer));
    routes.head("/trial", refusing(this::answer));
    routes.post("/trial", refusing(this::deliver));
    routes.post("/trial/unwell", refusing(this::fallIll));
  }

  private void answer(Context ctx) {
    Duration after = duration(ctx, "after");
    ctx.contentType(NodeServer.PLAIN);
    if (after.isZero()) {
      ctx.result(line);
    } else {
      // No thread waits meanwhile: so many answers may be on their way as there are connections.
      ctx.future(
          () ->
              CompletableFuture.runAsync(
                  () -> ctx.result(line),
                  CompletableFuture.delayedExecutor(after.toMillis(), TimeUnit.MILLISECONDS)));
    }
  }

  private void deliver(Context ctx) {
    String id = ctx.queryParam("id");
    if (id == null || !ID.matcher(id).matches()) {
      throw new IllegalArgumentException("id must be: 1 to 64 letters, digits and -");
    }
    LOG.info("delivered {}", id);
    answer(ctx);
  }

  private void fallIll(Context ctx) {
    Duration illness = duration(ctx, "for");
    unwellUntil = System.nanoTime() + illness.toNanos();
    LOG.info("unwell for {} ms, as asked", illness.toMillis());
    ctx.contentType(NodeServer.PLAIN).result(line);
  }

  private void ail(Context ctx) {
    if (unwellUntil - System.nanoTime() > 0) {
      ctx.status(HttpStatus.INTERNAL_SERVER_ERROR).skipRemainingHandlers();
    }
  }

  private static Duration duration(Context ctx, String name) {
    Matcher parts = DURATION.matcher(Objects.requireNonNullElse(ctx.queryParam(name), "0s"));
    if (parts.matches()) {
      long amount = Long.parseLong(parts.group(1));
      Duration duration =
          parts.group(2).equals("s") ? Duration.ofSeconds(amount) : Duration.ofMillis(amount);
      if (duration.compareTo(LONGEST) <= 0) {
        return duration;
      }
    }
    throw new IllegalArgumentException(name + " must be: a duration such as 500ms, at most 30s");
  }

  private static Handler refusing(Handler route) {
    return ctx -> {
      try {
        route.handle(ctx);
      } catch (IllegalArgumentException e) {
        NodeServer.plain(ctx.status(HttpStatus.BAD_REQUEST), String.valueOf(e.getMessage()));
      }
    };
  }
}
