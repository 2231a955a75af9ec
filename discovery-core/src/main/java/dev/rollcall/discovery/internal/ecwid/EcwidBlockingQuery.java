package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.SingleUrlParameters;
import com.ecwid.consul.UrlParameters;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.concurrent.Clock;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A blocking query over HTTP. What an answer has in common with the last one is not parsed again.
 *
 * <p>What a token, or who has none, may not read Consul leaves out of an answer without a word, or
 * with one in a header: an empty answer of that kind is a refusal, lest a right that was lost look
 * like a service that nobody offers any more.
 *
 * <p>A proxy before Consul may end what waits for as long as it allows: by 504, an empty reply or a
 * connection that is closed. If that comes when the wait would have ended, or after the same time
 * as before, it is no failure of Consul's: the query is sent again at once, without a wait.
 */
final class EcwidBlockingQuery<S> implements BlockingQuery<S> {

  /** What ends sooner is hardly the time-out of a proxy. */
  private static final Duration SHORTEST_CUT = Duration.ofMillis(1500);

  private static final Duration SHORTEST_WAIT = Duration.ofSeconds(1);

  /** With more nodes to ask, one question of the whole pool is quicker. */
  private static final int MOST_NODES = 8;

  private static final Logger log = LoggerFactory.getLogger(EcwidBlockingQuery.class);

  private final QuerySpec<S> spec;
  private final QuerySpec.Parser<S> parser;
  private final ConsulOptions options;
  private final ConsulHttpClient.Exchanges exchanges;
  private final ConnectionLimit.Share share;
  private final LeaderCheck leader;
  private final Clock clock;
  private Duration wait;

  /** What the last answer with a status of success held. */
  private QuerySpec.@Nullable Content<S> content;

  /** Whether there was no answer, or none but out of the agent's cache, since a failure. */
  private boolean lost;

  /** After how long a wait was cut short before; zero if none was. */
  private Duration lastCut = Duration.ZERO;

  EcwidBlockingQuery(
      QuerySpec<S> spec,
      ConsulOptions options,
      ConsulHttpClient http,
      ConnectionLimit.Share share,
      LeaderCheck leader,
      Clock clock) {
    this.spec = spec;
    this.parser = spec.parser();
    this.options = options;
    this.exchanges = http.new Exchanges();
    this.share = share;
    this.leader = leader;
    this.clock = clock;
    wait = options.waitTime();
  }

  @Override
  public Result<QueryResult<S>> run(OptionalLong index) {
    Result<QueryResult<S>> result =
        !share.hasConnection()
            ? share.poll(index.isPresent(), () -> query(spec.parameters(false), lost))
            : index.isPresent() ? waiting(index.getAsLong()) : query(spec.parameters(false), lost);
    lost = !(result instanceof Result.Ok<QueryResult<S>> ok) || (lost && !ok.value().confirmed());
    return result;
  }

  @Override
  public Result<QueryResult<S>> runConsistent() {
    return share.hasConnection()
        ? query(spec.parameters(true), false)
        : share.poll(false, () -> query(spec.parameters(true), false));
  }

  @Override
  public Result<QueryResult<S>> runConsistent(Set<String> ids) {
    return share.hasConnection() ? some(ids) : share.poll(false, () -> some(ids));
  }

  /** What is not there, as the token may not read it, is a refusal too. */
  private Result<QueryResult<S>> some(Set<String> ids) {
    // Not compared with the last answer, which is of all.
    ConsulResponse response = get(spec.path(), spec.parametersOf(ids));
    Result<QueryResult<S>> result =
        response.toResult(
            spec.name(), answer -> result(once(answer.content()), answer, answer.isConfirmed()));
    boolean mayBeRefused = !response.isAllowedByDefault() || hasToken();
    return isEmpty(result) && (response.isFiltered() || (mayBeRefused && isRefused()))
        ? refused()
        : result;
  }

  @Override
  public boolean areGone(List<ServiceInstance> instances) {
    Map<String, Set<String>> ids = new TreeMap<>();
    for (ServiceInstance instance : instances) {
      ids.computeIfAbsent(instance.node(), node -> new TreeSet<>()).add(instance.id());
    }
    if (ids.size() > MOST_NODES || !share.hasConnection()) {
      return false;
    }
    boolean mayBeRefused = hasToken();
    for (Map.Entry<String, Set<String>> each : ids.entrySet()) {
      Optional<QuerySpec.NodeQuestion> question = spec.onNode(each.getKey(), each.getValue());
      if (question.isEmpty()) {
        return false;
      }
      ConsulResponse response = get(question.get().path(), question.get().parameters());
      Result<Boolean> none =
          response.toResult(spec.name(), answer -> question.get().hasNone().test(answer.content()));
      if (!(none instanceof Result.Ok<Boolean> ok) || !ok.value() || response.isFiltered()) {
        return false;
      }
      mayBeRefused = mayBeRefused || !response.isAllowedByDefault();
    }
    return !(mayBeRefused && isRefused());
  }

  private Result<QueryResult<S>> waiting(long index) {
    List<UrlParameters> parameters = new ArrayList<>(spec.parameters(false));
    parameters.add(new SingleUrlParameters("index", Long.toUnsignedString(index)));
    parameters.add(new SingleUrlParameters("wait", wait.toMillis() + "ms"));
    long asked = clock.nanoTime();
    Duration silence = BlockingQuery.timeout(wait);
    ConsulHttpClient.Exchange next = exchanges.next(silence, silence.plus(options.callTimeout()));
    ConsulResponse response;
    Optional<ConsulFailure> leaderless = Optional.empty();
    if (spec.needsLeader()) {
      try (LeaderCheck.BlockedQuery blocked = leader.begin(spec.datacenter(), next::abort)) {
        response = next.get(spec.path(), parameters, this::read);
        leaderless = blocked.failure();
      }
    } else {
      response = next.get(spec.path(), parameters, this::read);
    }
    if (leaderless.isPresent() && response.failure() != null) {
      ConsulFailure why = leaderless.get();
      return Result.failed(why.kind(), spec.name() + ": " + why.message());
    }
    Result<QueryResult<S>> result = result(response, false);
    return !response.isLimited() && isCutByProxy(result, clock.since(asked))
        ? query(spec.parameters(false), false)
        : result;
  }

  /** Whether a wait failed as it does where a proxy allows no longer one. */
  private boolean isCutByProxy(Result<QueryResult<S>> result, Duration took) {
    boolean failed =
        result instanceof Result.Failed<QueryResult<S>> failure
            && failure.failure().kind() == Kind.UNAVAILABLE;
    Duration almost = wait.multipliedBy(9).dividedBy(10);
    if (!failed || took.compareTo(BlockingQuery.timeout(wait)) >= 0) {
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
          spec.name(),
          took.toMillis(),
          wait.toMillis());
    }
    return again;
  }

  private Result<QueryResult<S>> query(List<UrlParameters> parameters, boolean afterFailure) {
    return result(getAndRead(parameters), afterFailure);
  }

  private Result<QueryResult<S>> result(ConsulResponse response, boolean afterFailure) {
    // A cache that has just lost the servers does not know it yet: it must have waited for them.
    boolean confirmed = response.isConfirmed() && !(afterFailure && response.isCached());
    Result<QueryResult<S>> result =
        response.toResult(spec.name(), answer -> last(answer, confirmed));
    if (!isEmpty(result)) {
      return result;
    }
    if (response.isFiltered()) {
      return refused();
    }
    // Without a token too: the agent may have one of its own, or the anonymous one may do less.
    return response.isAllowedByDefault() && !hasToken() ? result : checkRight(response, result);
  }

  /** Whether what is refused to those who may not read it is refused. */
  private boolean isRefused() {
    Result<?> right =
        spec.refusedWithoutRight()
            .<Result<?>>map(
                path ->
                    get(path, QuerySpec.place(spec.datacenter(), Consistency.DEFAULT, false))
                        .toResult(spec.name(), ok -> ok))
            .orElseGet(Result::done);
    return right instanceof Result.Failed<?> failed && failed.failure().kind() == Kind.FORBIDDEN;
  }

  /** Agents before 1.11 don't say that they left something out: asks for what they refuse then. */
  private Result<QueryResult<S>> checkRight(
      ConsulResponse response, Result<QueryResult<S>> result) {
    if (spec.refusedWithoutRight().isEmpty()) {
      // There always is one: the servers themselves.
      return response.isDeniedByDefault() ? refused() : result;
    }
    if (isRefused()) {
      return refused();
    }
    // The right may have come back after the answer: what is asked for now is read with it.
    ConsulResponse again = getAndRead(spec.parameters(true));
    Result<QueryResult<S>> second =
        again.toResult(spec.name(), answer -> last(answer, answer.isConfirmed()));
    return isEmpty(second) && again.isFiltered() ? refused() : second;
  }

  private ConsulResponse getAndRead(List<UrlParameters> parameters) {
    return exchanges
        .next(options.callTimeout(), options.callTimeout())
        .get(spec.path(), parameters, this::read);
  }

  private void read(InputStream answer) throws IOException {
    content = parser.read(answer);
  }

  private ConsulResponse get(String path, List<UrlParameters> parameters) {
    return exchanges.next(options.callTimeout(), options.callTimeout()).get(path, parameters);
  }

  private QuerySpec.Content<S> once(byte[] answer) {
    try {
      return spec.parser().read(new ByteArrayInputStream(answer));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private QueryResult<S> last(ConsulResponse answer, boolean confirmed) {
    if (content == null) {
      throw new IllegalStateException("it has no content");
    }
    return result(content, answer, confirmed);
  }

  private QueryResult<S> result(
      QuerySpec.Content<S> held, ConsulResponse answer, boolean confirmed) {
    return new QueryResult<>(
        held.found(),
        held.leftOut(),
        answer.index(),
        answer.lag(),
        confirmed,
        Optional.of(answer.source(spec.consistency())));
  }

  private boolean isEmpty(Result<QueryResult<S>> result) {
    return result instanceof Result.Ok<QueryResult<S>> ok && spec.isEmpty(ok.value().found());
  }

  private Result<QueryResult<S>> refused() {
    return Result.failed(
        Kind.FORBIDDEN,
        spec.name()
            + ": the token may not see what is there: it needs service:read, and node:read");
  }

  private boolean hasToken() {
    try {
      return options.token().get().isPresent();
    } catch (RuntimeException e) {
      return true; // The next request says what is wrong with it.
    }
  }

  @Override
  public void close() {
    exchanges.close();
    share.close();
  }
}
