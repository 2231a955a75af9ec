package dev.rollcall.discovery.internal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Several agents of one cluster as one, which is there as long as one of them is. Thread-safe. */
final class SeveralAgents implements Consul {

  private final Collection<Consul> listed;
  private final Agent agent;
  private final Catalog catalog;

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
    catalog = new RovingCatalog(listed.stream().map(Consul::catalog).toList());
  }

  @Override
  public Agent agent() {
    return agent;
  }

  @Override
  public Catalog catalog() {
    return catalog;
  }

  @Override
  public void close() {
    listed.forEach(Consul::close);
  }
}
