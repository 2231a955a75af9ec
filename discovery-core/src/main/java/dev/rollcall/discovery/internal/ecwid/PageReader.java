package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.ecwid.QuerySpec.Answers;
import org.jspecify.annotations.Nullable;

/**
 * Reads the answers to one question. One that is byte for byte the last one is not read again. Not
 * thread-safe.
 *
 * @param <S> what they hold
 */
final class PageReader<S> {

  private final Answers<S> answers;
  private Body known = Body.NONE;
  private @Nullable QueryResult<S> page;

  PageReader(QuerySpec<S> question) {
    answers = question.answers();
  }

  /** Reads an answer; throws what it likes on content of the wrong shape. */
  QueryResult<S> read(Body body, long index) {
    QueryResult<S> before = page;
    QueryResult<S> now =
        before != null && body == known
            ? new QueryResult<>(before.found(), before.leftOut(), index)
            : answers.read(body, index);
    known = body;
    page = now;
    return now;
  }
}
