package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.CatalogApi;
import dev.rollcall.discovery.internal.api.CheckHashes;
import dev.rollcall.discovery.internal.concurrent.SystemClock;
import java.util.function.Supplier;

/**
 * A catalog.
 *
 * @param clients what each of the queries asks by
 */
record EcwidCatalog(ConsulOptions options, Supplier<ConsulHttpClient> clients)
    implements CatalogApi {

  @Override
  public BlockingQuery<Snapshot> instances(ServiceQuery query) {
    return poll(new QuerySpec.Instances(query));
  }

  @Override
  public BlockingQuery<CatalogServices> services(CatalogQuery query) {
    return poll(new QuerySpec.Services(query));
  }

  @Override
  public BlockingQuery<CheckHashes> checks() {
    return poll(new QuerySpec.Checks());
  }

  @Override
  public BlockingQuery<Integer> nodes() {
    return poll(new QuerySpec.Nodes());
  }

  private <S> BlockingQuery<S> poll(QuerySpec<S> question) {
    return new EcwidBlockingQuery<>(options, clients.get(), question, SystemClock.SYSTEM);
  }
}
