package dev.rollcall.discovery.testing;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.Result;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * One query of the registry in memory; blocks as Consul does.
 *
 * @param <S> what it finds
 */
final class InMemoryQuery<S> implements BlockingQuery<S> {

  private final ManualClock time;
  private final Duration waitTime;
  private final LongSupplier losses;
  private final Supplier<Optional<ConsulFailure>> failure;
  private final LongSupplier index;
  private final Supplier<S> found;
  private boolean closed;

  InMemoryQuery(
      ManualClock time,
      Duration waitTime,
      LongSupplier losses,
      Supplier<Optional<ConsulFailure>> failure,
      LongSupplier index,
      Supplier<S> found) {
    this.time = time;
    this.waitTime = waitTime;
    this.losses = losses;
    this.failure = failure;
    this.index = index;
    this.found = found;
  }

  @Override
  public Result<QueryResult<S>> run(OptionalLong known) {
    return time.with(
        () -> {
          long lost = losses.getAsLong();
          if (known.isPresent()) {
            time.await(waitTime, () -> isBroken(lost) || index.getAsLong() != known.getAsLong());
          }
          return answer(lost);
        });
  }

  @Override
  public Result<QueryResult<S>> runConsistent() {
    return time.with(() -> answer(losses.getAsLong()));
  }

  private boolean isBroken(long lost) {
    return closed || losses.getAsLong() != lost || failure.get().isPresent();
  }

  private Result<QueryResult<S>> answer(long lost) {
    if (closed || losses.getAsLong() != lost) {
      return Result.failed(Kind.UNAVAILABLE, "query: the connection was closed");
    }
    Optional<ConsulFailure> failed = failure.get();
    return failed.isPresent()
        ? new Result.Failed<>(failed.get())
        : new Result.Ok<>(new QueryResult<>(found.get(), List.of(), index.getAsLong()));
  }

  @Override
  public void close() {
    time.run(() -> closed = true);
  }
}
