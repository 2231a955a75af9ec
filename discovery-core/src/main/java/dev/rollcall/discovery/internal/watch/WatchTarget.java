package dev.rollcall.discovery.internal.watch;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.CatalogApi;
import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import java.time.Duration;

/**
 * What can be watched: how it is queried, and what the discovery listener is told of it. Immutable;
 * watches of equal targets share a connection.
 *
 * @param <S> what is known of it at one moment
 */
public sealed interface WatchTarget<S> {

  /** What people call it. */
  String name();

  /** Makes ready to ask. */
  BlockingQuery<S> open(CatalogApi catalog);

  /** Whether to ask once more before what was found takes the place of what is known. */
  default boolean needsConfirmation(S known, S found) {
    return false;
  }

  /** Tells that Consul answered. */
  void answered(DiscoveryListener to, boolean changed, Duration took);

  /** Tells that Consul's index went backwards. */
  default void indexWentBack(DiscoveryListener to) {}

  /** Tells of a try that failed. */
  void failed(DiscoveryListener to, ConsulFailure failure);

  /** Tells what could not be used. */
  default void leftOut(DiscoveryListener to, String reason) {}

  /** The instances of a service. */
  record Instances(ServiceQuery query) implements WatchTarget<Snapshot> {
    @Override
    public String name() {
      return query.label();
    }

    @Override
    public BlockingQuery<Snapshot> open(CatalogApi catalog) {
      return catalog.instances(query);
    }

    @Override
    public boolean needsConfirmation(Snapshot known, Snapshot found) {
      return query.confirmEmpty() && found.instances().isEmpty() && !known.instances().isEmpty();
    }

    @Override
    public void answered(DiscoveryListener to, boolean changed, Duration took) {
      to.watchAnswered(query, changed, took);
    }

    @Override
    public void indexWentBack(DiscoveryListener to) {
      to.watchIndexWentBackwards(query);
    }

    @Override
    public void failed(DiscoveryListener to, ConsulFailure failure) {
      to.watchFailed(query, failure);
    }

    @Override
    public void leftOut(DiscoveryListener to, String reason) {
      to.instanceLeftOut(query, reason);
    }
  }

  /**
   * The services' names. Nobody takes a name out of service because it was forgotten; names that
   * can't be asked for are logged, as nobody could do more about them.
   */
  record Services(CatalogQuery query) implements WatchTarget<CatalogServices> {
    @Override
    public String name() {
      return "the services";
    }

    @Override
    public BlockingQuery<CatalogServices> open(CatalogApi catalog) {
      return catalog.services(query);
    }

    @Override
    public void answered(DiscoveryListener to, boolean changed, Duration took) {
      to.watchAnswered(query, changed, took);
    }

    @Override
    public void failed(DiscoveryListener to, ConsulFailure failure) {
      to.watchFailed(query, failure);
    }
  }
}
