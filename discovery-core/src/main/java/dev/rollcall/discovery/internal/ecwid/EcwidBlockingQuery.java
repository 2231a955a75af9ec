package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.SingleUrlParameters;
import com.ecwid.consul.UrlParameters;
import com.ecwid.consul.transport.HttpResponse;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.internal.api.BlockingQueryTimeout;
import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.concurrent.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A blocking query.
 *
 * <p>What a token, or who has none, may not read Consul leaves out of an answer without a word, or
 * with one in a header: an empty answer of that kind is a refusal, lest a right that was lost look
 * like a service that nobody offers any more.
 *
 * <p>A proxy before Consul may end what waits for as long as it allows: by 504, an empty reply or a
 * connection that is closed. If that comes when the wait would have ended, or after the same time
 * as before, it is no failure of Consul's: it is asked again at once, without a wait.
 */
final class EcwidBlockingQuery<S> implements BlockingQuery<S> {

  /** What ends sooner is hardly the time-out of a proxy. */
  private static final Duration SHORTEST_CUT = Duration.ofMillis(1500);

  private static final Duration SHORTEST_WAIT = Duration.ofSeconds(1);

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");

  private final QuerySpec<S> question;
  private final ConsulOptions options;
  private final ConsulHttpClient bodies;
  private final PageReader<S> pages;
  private final Clock clock;
  private Duration wait;

  /** Whether there was no answer since. */
  private boolean lost;

  /** After how long a wait was cut short before; zero if none was. */
  private Duration lastCut = Duration.ZERO;

  EcwidBlockingQuery(
      ConsulOptions options, ConsulHttpClient bodies, QuerySpec<S> question, Clock clock) {
    this.question = question;
    this.options = options;
    this.bodies = bodies;
    this.clock = clock;
    wait = options.waitTime();
    pages = new PageReader<>(question);
  }

  @Override
  public Result<QueryResult<S>> run(OptionalLong index) {
    Result<QueryResult<S>> answer = asked(index);
    boolean known = bodies.headers().cached() && index.isEmpty();
    if (lost && known && answer instanceof Result.Ok<QueryResult<S>> ok) {
      // A cache that has just lost the servers does not know it yet: it must have waited for them.
      QueryResult<S> page = ok.value();
      return new Result.Ok<>(
          new QueryResult<>(page.found(), page.leftOut(), page.index(), page.lag(), false));
    }
    lost = answer instanceof Result.Failed;
    return answer;
  }

  private Result<QueryResult<S>> asked(OptionalLong index) {
    List<UrlParameters> parameters = new ArrayList<>(question.parameters(false));
    if (index.isEmpty()) {
      return get(parameters);
    }
    parameters.add(new SingleUrlParameters("index", Long.toUnsignedString(index.getAsLong())));
    parameters.add(new SingleUrlParameters("wait", wait.toMillis() + "ms"));
    long asked = clock.nanoTime();
    Result<QueryResult<S>> answer = get(parameters);
    return isCutByProxy(answer, clock.since(asked)) ? get(question.parameters(false)) : answer;
  }

  /** Whether a wait failed as it does where a proxy allows no longer one. */
  private boolean isCutByProxy(Result<QueryResult<S>> answer, Duration took) {
    boolean failed =
        answer instanceof Result.Failed<QueryResult<S>> failure
            && failure.failure().kind() == ConsulFailure.Kind.UNAVAILABLE;
    Duration almost = wait.multipliedBy(9).dividedBy(10);
    if (!failed || took.compareTo(BlockingQueryTimeout.of(wait)) >= 0) {
      return false;
    }
    if (took.compareTo(almost) >= 0) {
      return true;
    }
    boolean again =
        took.compareTo(SHORTEST_CUT) >= 0
            && took.minus(lastCut).abs().compareTo(took.dividedBy(10)) <= 0;
    lastCut = took;
    if (again) {
      Duration shorter = took.multipliedBy(4).dividedBy(5);
      wait = shorter.compareTo(SHORTEST_WAIT) > 0 ? shorter : SHORTEST_WAIT;
      log.info(
          "{}: its waits are cut after {} ms, as by a proxy: from now on they are {} ms long",
          question.name(),
          took.toMillis(),
          wait.toMillis());
    }
    return again;
  }

  @Override
  public Result<QueryResult<S>> runConsistent() {
    return get(question.parameters(true));
  }

  private Result<QueryResult<S>> get(List<UrlParameters> parameters) {
    Result<QueryResult<S>> answer = ask(parameters);
    if (isEmpty(answer) && !bodies.headers().filtered() && mayLackRight()) {
      Optional<String> telling = question.refusedWithoutRight();
      if (telling.isEmpty()) {
        // There always is one: the servers themselves.
        return bodies.headers().isClosed() ? refused() : answer;
      }
      // The right may have come back after the answer: what is asked for now is read with it.
      answer = isRefused(telling.get()) ? refused() : ask(question.parameters(true));
    }
    return isEmpty(answer) && bodies.headers().filtered() ? refused() : answer;
  }

  /** Without a token too: the agent may have one of its own, or the anonymous one may do less. */
  private boolean mayLackRight() {
    return !bodies.headers().isOpen() || hasToken();
  }

  private Result<QueryResult<S>> ask(List<UrlParameters> parameters) {
    return ApiCall.make(question.name(), () -> bodies.get(question.path(), parameters), this::page);
  }

  private boolean isEmpty(Result<QueryResult<S>> answer) {
    return answer instanceof Result.Ok<QueryResult<S>> ok && question.isEmpty(ok.value().found());
  }

  private Result<QueryResult<S>> refused() {
    return Result.failed(
        ConsulFailure.Kind.FORBIDDEN,
        question.name()
            + ": the token may not see what is there: it needs service:read, and node:read");
  }

  /** Agents before 1.11 don't say that they left something out. */
  private boolean isRefused(String path) {
    List<UrlParameters> parameters = question.datacenter();
    return ApiCall.make(question.name(), () -> bodies.get(path, parameters), response -> response)
            instanceof Result.Failed<?> failed
        && failed.failure().kind() == ConsulFailure.Kind.FORBIDDEN;
  }

  private boolean hasToken() {
    try {
      return options.token().get().isPresent();
    } catch (RuntimeException e) {
      return true; // The next call says what is wrong with it.
    }
  }

  private QueryResult<S> page(HttpResponse response) {
    Long index = response.getConsulIndex();
    QueryResult<S> page = pages.read(bodies.last(), index == null ? 0 : index);
    ConsulHeaders headers = bodies.headers();
    return new QueryResult<>(
        page.found(), page.leftOut(), page.index(), headers.lag(), headers.confirmed());
  }

  @Override
  public void close() {
    bodies.close();
  }
}
