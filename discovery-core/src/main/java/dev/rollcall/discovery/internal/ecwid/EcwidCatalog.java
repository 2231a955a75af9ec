package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.Catalog;
import dev.rollcall.discovery.internal.Fingerprints;
import dev.rollcall.discovery.internal.SystemClock;
import java.util.function.Supplier;

/**
 * A catalog.
 *
 * @param clients what each of the queries asks by
 */
record EcwidCatalog(ConsulOptions options, Supplier<BodyClient> clients) implements Catalog {

  @Override
  public Poll<Snapshot> instances(ServiceQuery query) {
    return poll(new Question.Instances(query));
  }

  @Override
  public Poll<CatalogServices> services(CatalogQuery query) {
    return poll(new Question.Services(query));
  }

  @Override
  public Poll<Fingerprints> checks() {
    return poll(new Question.Checks());
  }

  @Override
  public Poll<Integer> nodes() {
    return poll(new Question.Nodes());
  }

  private <S> Poll<S> poll(Question<S> question) {
    return new EcwidPoll<>(options, clients.get(), question, SystemClock.SYSTEM);
  }
}
