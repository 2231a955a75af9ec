package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.Catalog.Page;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;

/** Gives the answers that the test has laid ready, and notes what was asked. */
final class FakePoll implements Catalog.Poll<Snapshot> {

  private final Queue<Answer<Page<Snapshot>>> answers = new ArrayDeque<>();
  private final List<OptionalLong> asked = new ArrayList<>();
  private Runnable beforeAnswering = () -> {};
  private int confirmed;
  private int closed;

  void answers(Page<Snapshot> page) {
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

  /** How often it was asked for what the servers agree on. */
  int confirmed() {
    return confirmed;
  }

  int closed() {
    return closed;
  }

  @Override
  public Answer<Page<Snapshot>> next(OptionalLong index) {
    asked.add(index);
    beforeAnswering.run();
    return answers.remove();
  }

  @Override
  public Answer<Page<Snapshot>> confirm() {
    confirmed++;
    return answers.remove();
  }

  @Override
  public void close() {
    closed++;
  }
}
