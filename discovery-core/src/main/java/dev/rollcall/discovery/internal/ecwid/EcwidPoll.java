package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.SingleUrlParameters;
import com.ecwid.consul.UrlParameters;
import com.ecwid.consul.transport.HttpResponse;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.internal.Answer;
import dev.rollcall.discovery.internal.Catalog.Page;
import dev.rollcall.discovery.internal.Catalog.Poll;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A blocking query. What a token may not read Consul leaves out of an answer without a word, or
 * with one in a header: an empty answer of that kind is a refusal, lest a right that was lost look
 * like a service that nobody offers any more.
 */
final class EcwidPoll<S> implements Poll<S> {

  private final Question<S> question;
  private final String wait;
  private final ConsulOptions options;
  private final BodyClient bodies;
  private final PageReader<S> pages;

  EcwidPoll(ConsulOptions options, BodyClient bodies, Question<S> question) {
    this.question = question;
    this.options = options;
    this.bodies = bodies;
    wait = options.waitTime().toMillis() + "ms";
    pages = new PageReader<>(question);
  }

  @Override
  public Answer<Page<S>> next(OptionalLong index) {
    List<UrlParameters> parameters = new ArrayList<>(question.parameters(false));
    index.ifPresent(
        known -> {
          parameters.add(new SingleUrlParameters("index", Long.toUnsignedString(known)));
          parameters.add(new SingleUrlParameters("wait", wait));
        });
    return get(parameters);
  }

  @Override
  public Answer<Page<S>> confirm() {
    return get(question.parameters(true));
  }

  private Answer<Page<S>> get(List<UrlParameters> parameters) {
    Answer<Page<S>> answer = ask(parameters);
    Optional<String> telling = question.refusedWithoutRight();
    if (isEmpty(answer) && !bodies.filtered() && telling.isPresent() && hasToken()) {
      // The right may have come back after the answer: what is asked for now is read with it.
      answer = isRefused(telling.get()) ? refused() : ask(question.parameters(true));
    }
    return isEmpty(answer) && bodies.filtered() ? refused() : answer;
  }

  private Answer<Page<S>> ask(List<UrlParameters> parameters) {
    return Call.make(question.name(), () -> bodies.get(question.path(), parameters), this::page);
  }

  private boolean isEmpty(Answer<Page<S>> answer) {
    return answer instanceof Answer.Ok<Page<S>> ok && question.isEmpty(ok.value().found());
  }

  private Answer<Page<S>> refused() {
    return Answer.failed(
        ConsulFailure.Kind.FORBIDDEN,
        question.name()
            + ": the token may not see what is there: it needs service:read, and node:read");
  }

  /** Agents before 1.11 don't say that they left something out. */
  private boolean isRefused(String path) {
    return Call.make(question.name(), () -> bodies.get(path, List.of()), response -> response)
            instanceof Answer.Failed<?> failed
        && failed.failure().kind() == ConsulFailure.Kind.FORBIDDEN;
  }

  private boolean hasToken() {
    try {
      return options.token().get().isPresent();
    } catch (UncheckedIOException e) {
      return false; // The next call says what is wrong with it.
    }
  }

  private Page<S> page(HttpResponse response) {
    Long index = response.getConsulIndex();
    return pages.read(bodies.last(), index == null ? 0 : index);
  }

  @Override
  public void close() {
    bodies.close();
  }
}
