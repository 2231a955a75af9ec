package dev.rollcall.lb.cli;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.ServiceQuery;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Tells two listeners, in order, of the services that a template names: these are watched as a
 * whole, others are looked at in part. This program registers nothing. As thread-safe as they are.
 */
record CompositeWatchListener(DiscoveryListener first, DiscoveryListener second)
    implements DiscoveryListener {
  private void tell(ServiceQuery query, Consumer<DiscoveryListener> event) {
    if (query.filter().isEmpty()) {
      event.accept(first);
      event.accept(second);
    }
  }

  @Override
  public void watchAnswered(ServiceQuery query, boolean changed, Duration took) {
    tell(query, listener -> listener.watchAnswered(query, changed, took));
  }

  @Override
  public void watchIndexWentBackwards(ServiceQuery query) {
    tell(query, listener -> listener.watchIndexWentBackwards(query));
  }

  @Override
  public void watchFailed(ServiceQuery query, ConsulFailure failure) {
    tell(query, listener -> listener.watchFailed(query, failure));
  }

  @Override
  public void instanceLeftOut(ServiceQuery query, String reason) {
    tell(query, listener -> listener.instanceLeftOut(query, reason));
  }
}
