package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.DiscoveryListener;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells a {@link DiscoveryListener}, whatever it throws. */
final class Events {

  private static final Logger log = LoggerFactory.getLogger(Events.class);

  private final DiscoveryListener listener;
  private final AtomicBoolean threw = new AtomicBoolean();

  Events(DiscoveryListener listener) {
    this.listener = listener;
  }

  void tell(Consumer<DiscoveryListener> event) {
    try {
      event.accept(listener);
    } catch (RuntimeException e) {
      if (!threw.getAndSet(true)) {
        log.warn("The discovery listener {} threw; said once only", listener.getClass(), e);
      }
    }
  }
}
