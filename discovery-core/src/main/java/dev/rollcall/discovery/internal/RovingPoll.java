package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.internal.Catalog.Page;
import dev.rollcall.discovery.internal.Catalog.Poll;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A query that is put to several agents, one at a time: when one gives no usable answer, to the
 * next. The failure is still told, so that whoever asks begins without an index there.
 *
 * @param <S> what it finds
 */
final class RovingPoll<S> implements Poll<S> {

  private final List<Supplier<Poll<S>>> listed;
  private int at;
  private Poll<S> poll;
  private boolean closed;

  /**
   * A query.
   *
   * @param listed makes it ready for each of the agents
   */
  RovingPoll(List<Supplier<Poll<S>>> listed) {
    this.listed = List.copyOf(listed);
    poll = listed.get(0).get();
  }

  @Override
  public Answer<Page<S>> next(OptionalLong index) {
    return ask(each -> each.next(index));
  }

  @Override
  public Answer<Page<S>> confirm() {
    return ask(Poll::confirm);
  }

  private Answer<Page<S>> ask(Function<Poll<S>, Answer<Page<S>>> question) {
    Answer<Page<S>> answer = question.apply(current());
    if (ListedAgent.isLoss(answer)) {
      moveOn();
    }
    return answer;
  }

  private synchronized Poll<S> current() {
    return poll;
  }

  private synchronized void moveOn() {
    if (!closed) {
      poll.close();
      at = (at + 1) % listed.size();
      poll = listed.get(at).get();
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    poll.close();
  }
}
