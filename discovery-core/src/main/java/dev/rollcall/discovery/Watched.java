package dev.rollcall.discovery;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Something that is being watched. It goes on, through every outage of Consul, until it is closed.
 *
 * <p>This type is thread-safe.
 *
 * @param <S> what is known of it at one moment; immutable
 */
public interface Watched<S> extends AutoCloseable {

  /**
   * The last known answer.
   *
   * @return the snapshot, or empty before Consul first answered
   */
  Optional<S> current();

  /**
   * Waits until Consul has first answered; returns at once if it has. For a start that makes no
   * sense without an answer; the watch goes on, whatever this returns.
   *
   * @param timeout how long to wait at most
   * @return {@link #current()}: empty if Consul has not answered in time, or the watch is closed
   * @throws InterruptedException if the thread is interrupted
   */
  Optional<S> awaitFirst(Duration timeout) throws InterruptedException;

  /**
   * How long ago Consul last confirmed the snapshot, by what it says itself: where the server that
   * answered has not heard of the leader for some time ({@code X-Consul-LastContact}), or the
   * agent's cache has lost the servers ({@code Age}), that time counts. An answer out of the
   * agent's own view of a stream of events confirms only what is new in it. In good health this
   * stays under {@link ConsulOptions#waitTime()} and a little, and with short ones under the same
   * and some seconds, as a question that nothing has changed is answered only then.
   *
   * @return time since the last answer, or since the watch was opened if there was none
   */
  Duration age();

  /**
   * Whether {@link #current()} may be out of date.
   *
   * @return true if there is no snapshot yet, if the last try to reach Consul failed, if its leader
   *     has not answered a read that is sent every 3 s ({@link Consistency#DEFAULT} and {@link
   *     Consistency#CONSISTENT}, not from a cache), if the server that answered knows no leader or
   *     the agent's cache has lost the servers, or if Consul has not answered for longer than it
   *     may take
   */
  boolean stale();

  /**
   * What of the last answer cannot be used, such as an instance whose address is none, and is
   * therefore not in {@link #current()}.
   *
   * @return for each which it is and what is wrong with it, sorted; safe to show on one line
   */
  List<String> leftOut();

  /**
   * Where the last answer to a query that waited came from, and with which consistency: for status
   * pages. Of the first answer of all until then.
   *
   * @return the source, or empty before Consul first answered
   */
  default Optional<AnswerSource> source() {
    return Optional.empty();
  }

  /**
   * Ends the watch. A query that is blocked in Consul ends within 100 ms. The listener may still be
   * running when this returns but is not called again. Idempotent.
   */
  @Override
  void close();
}
