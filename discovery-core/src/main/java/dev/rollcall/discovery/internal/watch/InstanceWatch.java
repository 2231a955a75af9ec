package dev.rollcall.discovery.internal.watch;

import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.Watch;
import dev.rollcall.discovery.Watched;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A watch of instances that says what it watches. */
public record InstanceWatch(ServiceQuery query, Watched<Snapshot> watched) implements Watch {

  @Override
  public Optional<Snapshot> current() {
    return watched.current();
  }

  @Override
  public Duration age() {
    return watched.age();
  }

  @Override
  public boolean stale() {
    return watched.stale();
  }

  @Override
  public List<String> leftOut() {
    return watched.leftOut();
  }

  @Override
  public void close() {
    watched.close();
  }
}
