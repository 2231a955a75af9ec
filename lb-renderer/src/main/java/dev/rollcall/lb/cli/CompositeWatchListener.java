package dev.rollcall.lb.cli;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.ServiceQuery;
import java.time.Duration;

/**
 * Tells two listeners, in order, of watched services: this program registers nothing and watches
 * nothing else. As thread-safe as they are.
 */
record CompositeWatchListener(DiscoveryListener first, DiscoveryListener second)
    implements DiscoveryListener {
  /** The services that a template names are watched as a whole; others are looked at in part. */
  private static boolean isOfOthers(ServiceQuery query) {
    return query.filter().isPresent();
  }

  @Override
  public void watchAnswered(ServiceQuery query, boolean changed, Duration took) {
    if (isOfOthers(query)) {
      return;
    }
    first.watchAnswered(query, changed, took);
    second.watchAnswered(query, changed, took);
  }

  @Override
  public void watchIndexWentBackwards(ServiceQuery query) {
    if (isOfOthers(query)) {
      return;
    }
    first.watchIndexWentBackwards(query);
    second.watchIndexWentBackwards(query);
  }

  @Override
  public void watchFailed(ServiceQuery query, ConsulFailure failure) {
    if (isOfOthers(query)) {
      return;
    }
    first.watchFailed(query, failure);
    second.watchFailed(query, failure);
  }

  @Override
  public void instanceLeftOut(ServiceQuery query, String reason) {
    if (isOfOthers(query)) {
      return;
    }
    first.instanceLeftOut(query, reason);
    second.instanceLeftOut(query, reason);
  }
}
