package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.Catalog.Poll;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/** Several agents of one cluster as one, which is there as long as one of them is. Thread-safe. */
final class SeveralAgents implements Consul, Catalog {

  private final Collection<Consul> listed;
  private final Agent agent;

  /**
   * Several agents.
   *
   * @param byName each under what people call it, in the order of preference; they are closed with
   *     this
   * @param means for what is done on the side; its threads may be held up by an agent that hangs
   */
  SeveralAgents(Map<String, Consul> byName, Means means) {
    listed = List.copyOf(byName.values());
    List<ListedAgent> agents = new ArrayList<>();
    byName.forEach((name, each) -> agents.add(new ListedAgent(name, each.agent(), means)));
    agent = new RovingAgent(agents);
  }

  @Override
  public Agent agent() {
    return agent;
  }

  @Override
  public Catalog catalog() {
    return this;
  }

  @Override
  public Poll<Snapshot> instances(ServiceQuery query) {
    return roving(catalog -> catalog.instances(query));
  }

  @Override
  public Poll<CatalogServices> services(CatalogQuery query) {
    return roving(catalog -> catalog.services(query));
  }

  private <S> Poll<S> roving(Function<Catalog, Poll<S>> open) {
    List<Supplier<Poll<S>>> polls = new ArrayList<>();
    for (Consul each : listed) {
      polls.add(() -> open.apply(each.catalog()));
    }
    return new RovingPoll<>(polls);
  }

  @Override
  public void close() {
    listed.forEach(Consul::close);
  }
}
