package dev.rollcall.discovery.internal.failover;

import dev.rollcall.discovery.internal.api.AgentApi;
import dev.rollcall.discovery.internal.api.CatalogApi;
import dev.rollcall.discovery.internal.api.ConsulApi;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Several agents of one cluster as one, which is there as long as one of them is. Thread-safe. */
public final class FailoverConsul implements ConsulApi {

  private final Collection<ConsulApi> delegates;
  private final AgentApi agent;
  private final CatalogApi catalog;

  /**
   * Several agents.
   *
   * @param byName each under what people call it, in the order of preference; they are closed with
   *     this
   * @param means for what is done on the side; its threads may be held up by an agent that hangs
   */
  public FailoverConsul(Map<String, ConsulApi> byName, RuntimeContext means) {
    delegates = List.copyOf(byName.values());
    List<MonitoredAgent> agents = new ArrayList<>();
    byName.forEach((name, each) -> agents.add(new MonitoredAgent(name, each.agent(), means)));
    agent = new FailoverAgent(agents);
    catalog = new FailoverCatalog(delegates.stream().map(ConsulApi::catalog).toList());
  }

  @Override
  public AgentApi agent() {
    return agent;
  }

  @Override
  public CatalogApi catalog() {
    return catalog;
  }

  @Override
  public void close() {
    delegates.forEach(ConsulApi::close);
  }
}
