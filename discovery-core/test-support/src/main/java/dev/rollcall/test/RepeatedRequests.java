package dev.rollcall.test;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** A client that asks one time after the other, in the background, until it is stopped. */
public final class RepeatedRequests {

  private static final long ANSWER_LIMIT_SECONDS = 30;

  private final AtomicBoolean enough = new AtomicBoolean();
  private final CompletableFuture<Map<String, Integer>> answers;

  /**
   * Begins to ask.
   *
   * @param request gives the answer; what it throws is taken for the answer, in words
   */
  public RepeatedRequests(Callable<String> request) {
    answers = CompletableFuture.supplyAsync(() -> ask(request));
  }

  private Map<String, Integer> ask(Callable<String> request) {
    Map<String, Integer> counts = new TreeMap<>();
    while (!enough.get()) {
      String answer;
      try {
        answer = request.call();
      } catch (Exception e) {
        answer = e.toString();
      }
      counts.merge(answer, 1, Integer::sum);
    }
    return counts;
  }

  /**
   * {@return each answer that came, and how often} It asks no more.
   *
   * @throws Exception if the last answer does not come within half a minute
   */
  public Map<String, Integer> stop() throws Exception {
    enough.set(true);
    return answers.get(ANSWER_LIMIT_SECONDS, TimeUnit.SECONDS);
  }
}
