package dev.rollcall.discovery.internal.failover;

import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.Result;
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
final class FailoverQuery<S> implements BlockingQuery<S> {

  private final List<Supplier<BlockingQuery<S>>> queries;
  private int at;
  private BlockingQuery<S> current;
  private boolean closed;

  /**
   * A query.
   *
   * @param listed makes it ready for each of the agents
   */
  FailoverQuery(List<Supplier<BlockingQuery<S>>> listed) {
    this.queries = List.copyOf(listed);
    current = listed.get(0).get();
  }

  @Override
  public Result<QueryResult<S>> run(OptionalLong index) {
    return ask(each -> each.run(index));
  }

  @Override
  public Result<QueryResult<S>> runConsistent() {
    return ask(BlockingQuery::runConsistent);
  }

  private Result<QueryResult<S>> ask(Function<BlockingQuery<S>, Result<QueryResult<S>>> question) {
    Result<QueryResult<S>> answer = question.apply(current());
    if (answer.isAgentFailure()) {
      failOver();
    }
    return answer;
  }

  private synchronized BlockingQuery<S> current() {
    return current;
  }

  private synchronized void failOver() {
    if (!closed) {
      current.close();
      at = (at + 1) % queries.size();
      current = queries.get(at).get();
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    current.close();
  }
}
