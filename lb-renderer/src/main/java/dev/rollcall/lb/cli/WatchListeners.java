package dev.rollcall.lb.cli;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.ServiceQuery;
import java.time.Duration;

/**
 * Tells two listeners, in order, of watched services: this program registers nothing and watches
 * nothing else. As thread-safe as they are.
 */
record WatchListeners(DiscoveryListener first, DiscoveryListener second)
    implements DiscoveryListener {
  @Override
  public void watchAnswered(ServiceQuery query, boolean changed, Duration took) {
    first.watchAnswered(query, changed, took);
    second.watchAnswered(query, changed, took);
  }

  @Override
  public void watchWentBack(ServiceQuery query) {
    first.watchWentBack(query);
    second.watchWentBack(query);
  }

  @Override
  public void watchFailed(ServiceQuery query, ConsulFailure failure) {
    first.watchFailed(query, failure);
    second.watchFailed(query, failure);
  }

  @Override
  public void instanceLeftOut(ServiceQuery query, String reason) {
    first.instanceLeftOut(query, reason);
    second.instanceLeftOut(query, reason);
  }
}
