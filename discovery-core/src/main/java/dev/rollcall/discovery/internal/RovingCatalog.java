package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** The catalog of several agents, each query put to one of them at a time. */
record RovingCatalog(List<Catalog> listed) implements Catalog {

  @Override
  public Poll<Snapshot> instances(ServiceQuery query) {
    return roving(catalog -> catalog.instances(query));
  }

  @Override
  public Poll<CatalogServices> services(CatalogQuery query) {
    return roving(catalog -> catalog.services(query));
  }

  @Override
  public Poll<Fingerprints> checks() {
    return roving(Catalog::checks);
  }

  @Override
  public Poll<Integer> nodes() {
    return roving(Catalog::nodes);
  }

  private <S> Poll<S> roving(Function<Catalog, Poll<S>> open) {
    List<Supplier<Poll<S>>> polls = new ArrayList<>();
    for (Catalog each : listed) {
      polls.add(() -> open.apply(each));
    }
    return new RovingPoll<>(polls);
  }

  @Override
  public Catalog sharing(int connections) {
    return new RovingCatalog(listed.stream().map(catalog -> catalog.sharing(connections)).toList());
  }
}
