package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.internal.Catalog.Page;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;

/** Gives the answers that the test has laid ready, and notes what was asked. */
final class FakePoll implements Catalog.Poll {

  private final Queue<Answer<Page>> answers = new ArrayDeque<>();
  private final List<OptionalLong> asked = new ArrayList<>();
  private Runnable beforeAnswering = () -> {};
  private int closed;

  void answers(Page page) {
    answers.add(new Answer.Ok<>(page));
  }

  void fails(Kind kind, String message) {
    answers.add(Answer.failed(kind, message));
  }

  void beforeAnswering(Runnable then) {
    beforeAnswering = then;
  }

  List<OptionalLong> asked() {
    return asked;
  }

  int closed() {
    return closed;
  }

  @Override
  public Answer<Page> next(OptionalLong index) {
    asked.add(index);
    beforeAnswering.run();
    return answers.remove();
  }

  @Override
  public void close() {
    closed++;
  }
}
