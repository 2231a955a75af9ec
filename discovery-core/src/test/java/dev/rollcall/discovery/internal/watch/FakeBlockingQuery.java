package dev.rollcall.discovery.internal.watch;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.CatalogApi;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.Result;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;

/** Gives the answers that the test has laid ready, and notes what was asked. */
public final class FakeBlockingQuery implements CatalogApi.BlockingQuery<Snapshot> {

  private final Queue<Result<QueryResult<Snapshot>>> answers = new ArrayDeque<>();
  private final List<OptionalLong> asked = new ArrayList<>();
  private final List<Set<String>> confirmedIds = new ArrayList<>();
  private final List<List<ServiceInstance>> maybeGone = new ArrayList<>();
  private boolean gone;
  private Runnable beforeAnswering = () -> {};
  private int confirmed;
  private int closed;

  public void answers(QueryResult<Snapshot> page) {
    answers.add(new Result.Ok<>(page));
  }

  public void fails(Kind kind, String message) {
    fails(new ConsulFailure(kind, message));
  }

  public void fails(ConsulFailure failure) {
    answers.add(new Result.Failed<>(failure));
  }

  public void beforeAnswering(Runnable then) {
    beforeAnswering = then;
  }

  List<OptionalLong> asked() {
    return asked;
  }

  /** The ids of which it was asked what the servers agree on. */
  List<Set<String>> confirmedIds() {
    return confirmedIds;
  }

  /** How often it was asked for what the servers agree on. */
  int confirmed() {
    return confirmed;
  }

  public int closed() {
    return closed;
  }

  @Override
  public Result<QueryResult<Snapshot>> run(OptionalLong index) {
    asked.add(index);
    beforeAnswering.run();
    return answers.remove();
  }

  @Override
  public Result<QueryResult<Snapshot>> runConsistent() {
    confirmed++;
    return answers.remove();
  }

  @Override
  public Result<QueryResult<Snapshot>> runConsistent(Set<String> ids) {
    confirmedIds.add(ids);
    return answers.remove();
  }

  /** What its leader answers to {@link #areGone}; without it cannot be told so. */
  void saysGone(boolean gone) {
    this.gone = gone;
  }

  /** The instances of which it was asked whether they are gone. */
  List<List<ServiceInstance>> maybeGone() {
    return maybeGone;
  }

  @Override
  public boolean areGone(List<ServiceInstance> instances) {
    maybeGone.add(instances);
    return gone;
  }

  @Override
  public void close() {
    closed++;
  }
}
