package dev.rollcall.discovery.internal.failover;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.CatalogApi;
import dev.rollcall.discovery.internal.api.CheckHashes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** The catalog of several agents, each query put to one of them at a time. */
record FailoverCatalog(List<CatalogApi> catalogs) implements CatalogApi {

  @Override
  public BlockingQuery<Snapshot> instances(ServiceQuery query) {
    return query(catalog -> catalog.instances(query));
  }

  @Override
  public BlockingQuery<CatalogServices> services(CatalogQuery query) {
    return query(catalog -> catalog.services(query));
  }

  @Override
  public BlockingQuery<CheckHashes> checks() {
    return query(CatalogApi::checks);
  }

  @Override
  public BlockingQuery<Integer> nodes() {
    return query(CatalogApi::nodes);
  }

  private <S> BlockingQuery<S> query(Function<CatalogApi, BlockingQuery<S>> open) {
    List<Supplier<BlockingQuery<S>>> polls = new ArrayList<>();
    for (CatalogApi each : catalogs) {
      polls.add(() -> open.apply(each));
    }
    return new FailoverQuery<>(polls);
  }

  @Override
  public CatalogApi sharing(int connections) {
    return new FailoverCatalog(
        catalogs.stream().map(catalog -> catalog.sharing(connections)).toList());
  }
}
