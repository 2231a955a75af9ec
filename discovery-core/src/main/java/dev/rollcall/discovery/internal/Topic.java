package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.Catalog.Poll;
import java.time.Duration;

/**
 * What can be watched: how it is asked for, doubted and told of. Immutable; those that are equal
 * share a connection.
 *
 * @param <S> what is known of it at one moment
 */
sealed interface Topic<S> {

  /** What people call it. */
  String name();

  /** Makes ready to ask. */
  Poll<S> open(Catalog catalog);

  /** Whether to ask once more before what was found takes the place of what is known. */
  boolean doubts(S known, S found);

  /** Tells that Consul answered. */
  void answered(DiscoveryListener to, boolean changed, Duration took);

  /** Tells that Consul's index went backwards. */
  void wentBack(DiscoveryListener to);

  /** Tells of a try that failed. */
  void failed(DiscoveryListener to, ConsulFailure failure);

  /** Tells what could not be used. */
  void leftOut(DiscoveryListener to, String reason);

  /** The instances of a service. */
  record Instances(ServiceQuery query) implements Topic<Snapshot> {
    @Override
    public String name() {
      return query.service();
    }

    @Override
    public Poll<Snapshot> open(Catalog catalog) {
      return catalog.instances(query);
    }

    @Override
    public boolean doubts(Snapshot known, Snapshot found) {
      return query.confirmEmpty() && found.instances().isEmpty() && !known.instances().isEmpty();
    }

    @Override
    public void answered(DiscoveryListener to, boolean changed, Duration took) {
      to.watchAnswered(query, changed, took);
    }

    @Override
    public void wentBack(DiscoveryListener to) {
      to.watchWentBack(query);
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

  /** The services' names. */
  record Services(CatalogQuery query) implements Topic<CatalogServices> {
    @Override
    public String name() {
      return "the services";
    }

    @Override
    public Poll<CatalogServices> open(Catalog catalog) {
      return catalog.services(query);
    }

    @Override
    public boolean doubts(CatalogServices known, CatalogServices found) {
      return false;
    }

    @Override
    public void answered(DiscoveryListener to, boolean changed, Duration took) {
      to.watchAnswered(query, changed, took);
    }

    @Override
    public void wentBack(DiscoveryListener to) {
      // Nobody takes a name out of service because it was forgotten.
    }

    @Override
    public void failed(DiscoveryListener to, ConsulFailure failure) {
      to.watchFailed(query, failure);
    }

    @Override
    public void leftOut(DiscoveryListener to, String reason) {
      // Names that can't be asked for are logged; nobody could do more about them.
    }
  }
}
