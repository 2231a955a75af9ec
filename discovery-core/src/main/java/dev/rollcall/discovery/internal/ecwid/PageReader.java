package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.internal.Catalog.Page;
import dev.rollcall.discovery.internal.ecwid.Question.Answers;
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
  private @Nullable Page<S> page;

  PageReader(Question<S> question) {
    answers = question.answers();
  }

  /** Reads an answer; throws what it likes on content of the wrong shape. */
  Page<S> read(Body body, long index) {
    Page<S> before = page;
    Page<S> now =
        before != null && body == known
            ? new Page<>(before.found(), before.leftOut(), index)
            : answers.read(body, index);
    known = body;
    page = now;
    return now;
  }
}
