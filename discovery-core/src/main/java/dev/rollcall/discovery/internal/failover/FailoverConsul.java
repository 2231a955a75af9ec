package dev.rollcall.discovery.internal.failover;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.AgentApi;
import dev.rollcall.discovery.internal.api.CatalogApi;
import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.ConsulApi;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/** Several agents of one cluster as one, which is there as long as one of them is. Thread-safe. */
public final class FailoverConsul implements ConsulApi, CatalogApi {

  private final List<ConsulApi> agents;
  private final AgentApi agent;

  /**
   * Several agents.
   *
   * @param byName each under what people call it, in the order of preference; they are closed with
   *     this
   * @param context for what is done on the side; its threads may be held up by an agent that hangs
   */
  public FailoverConsul(Map<String, ConsulApi> byName, RuntimeContext context) {
    agents = List.copyOf(byName.values());
    Map<String, AgentApi> byAddress = new LinkedHashMap<>();
    byName.forEach((name, each) -> byAddress.put(name, each.agent()));
    agent = new FailoverAgent(byAddress, context);
  }

  @Override
  public AgentApi agent() {
    return agent;
  }

  @Override
  public CatalogApi catalog() {
    return this;
  }

  @Override
  public BlockingQuery<Snapshot> instances(ServiceQuery query) {
    return failover(catalog -> catalog.instances(query));
  }

  /** From the first agent that gives a usable answer. */
  @Override
  public Result<QueryResult<Snapshot>> read(ServiceQuery query) {
    Result<QueryResult<Snapshot>> answer = agents.get(0).catalog().read(query);
    for (int i = 1; i < agents.size() && answer.isAgentFailure(); i++) {
      answer = agents.get(i).catalog().read(query);
    }
    return answer;
  }

  @Override
  public BlockingQuery<CatalogServices> services(CatalogQuery query) {
    return failover(catalog -> catalog.services(query));
  }

  private <S> BlockingQuery<S> failover(Function<CatalogApi, BlockingQuery<S>> open) {
    List<Supplier<BlockingQuery<S>>> queries = new ArrayList<>();
    agents.forEach(each -> queries.add(() -> open.apply(each.catalog())));
    return new FailoverQuery<>(queries);
  }

  @Override
  public void close() {
    agents.forEach(ConsulApi::close);
  }

  /**
   * A query that is put to several agents, one at a time: when one gives no usable answer, to the
   * next. The failure is still told, so that whoever asks begins without an index there.
   *
   * @param <S> what it finds
   */
  static final class FailoverQuery<S> implements BlockingQuery<S> {

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

    @Override
    public Result<QueryResult<S>> runConsistent(Set<String> ids) {
      return ask(each -> each.runConsistent(ids));
    }

    @Override
    public boolean areGone(List<ServiceInstance> instances) {
      return current().areGone(instances);
    }

    private Result<QueryResult<S>> ask(
        Function<BlockingQuery<S>, Result<QueryResult<S>>> question) {
      Result<QueryResult<S>> answer = question.apply(current());
      if (!answer.isAgentFailure()) {
        return answer;
      }
      failOver();
      // The next agent has not asked to be spared.
      ConsulFailure failure = ((Result.Failed<QueryResult<S>>) answer).failure();
      return Result.failed(failure.kind(), failure.message());
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
}
