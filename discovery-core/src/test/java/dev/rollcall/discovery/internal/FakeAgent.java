package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.Answer.Done;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An agent that holds services as Consul's does, and fails when told to. Thread-safe. */
final class FakeAgent implements Agent {

  private final Map<String, ServiceDefinition> services = new HashMap<>();
  private final Set<String> passing = new HashSet<>();
  private final Set<String> inMaintenance = new HashSet<>();
  private final List<String> calls = new ArrayList<>();
  private @Nullable ConsulFailure failure;
  private boolean refusing;
  private boolean forgetsAtOnce;
  private Consumer<String> beforeEach = call -> {};

  synchronized void failWith(Kind kind, String message) {
    failure = new ConsulFailure(kind, message);
    refusing = false;
  }

  /** Takes no connection from now on. */
  synchronized void refuse() {
    failWith(Kind.UNAVAILABLE, "connection refused");
    refusing = true;
  }

  synchronized void recover() {
    failure = null;
  }

  synchronized void loseAllData() {
    services.clear();
    passing.clear();
    inMaintenance.clear();
  }

  synchronized void forgetAtOnce(boolean forgets) {
    forgetsAtOnce = forgets;
  }

  /** Runs something at the beginning of each call, told which. */
  synchronized void beforeEach(Consumer<String> then) {
    beforeEach = then;
  }

  synchronized void maintain(String id) {
    inMaintenance.add(id);
  }

  synchronized boolean lists(String id) {
    return services.containsKey(id) && passing.contains(id) && !inMaintenance.contains(id);
  }

  /** What it holds under an id that it knows. */
  synchronized ServiceDefinition held(String id) {
    return Objects.requireNonNull(services.get(id));
  }

  synchronized boolean holds(String id) {
    return services.containsKey(id);
  }

  /** The calls so far, and forgets them. */
  synchronized List<String> calls() {
    List<String> made = List.copyOf(calls);
    calls.clear();
    return made;
  }

  @Override
  public synchronized Answer<Done> register(ServiceDefinition definition, HealthStatus atFirst) {
    calls.add("register");
    beforeEach.accept("register");
    if (failure != null) {
      return new Answer.Failed<>(failure, !refusing);
    }
    services.put(definition.id(), definition);
    inMaintenance.remove(definition.id());
    if (atFirst == HealthStatus.PASSING && definition.heartbeat().isPresent()) {
      passing.add(definition.id());
    }
    return Answer.done();
  }

  @Override
  public synchronized Answer<Done> update(ServiceDefinition definition) {
    return on(definition.id(), "update", () -> services.put(definition.id(), definition));
  }

  @Override
  public synchronized Answer<Done> beginMaintenance(String id, String reason) {
    return on(id, "begin maintenance", () -> inMaintenance.add(id));
  }

  /** As if the agent's own checks of the service had come to this. */
  synchronized void find(String id, HealthStatus status) {
    if (status == HealthStatus.PASSING) {
      passing.add(id);
    } else {
      passing.remove(id);
    }
  }

  @Override
  public synchronized Answer<HealthStatus> health(String id) {
    return on(id, "health", () -> {}) instanceof Answer.Failed<Done> failed
        ? new Answer.Failed<>(failed.failure())
        : new Answer.Ok<>(lists(id) ? HealthStatus.PASSING : HealthStatus.CRITICAL);
  }

  @Override
  public synchronized Answer<Done> endMaintenance(String id) {
    return on(id, "end maintenance", () -> inMaintenance.remove(id));
  }

  @Override
  public synchronized Answer<Done> beat(String id) {
    if (forgetsAtOnce) {
      loseAllData();
    }
    return on(id, "beat", () -> passing.add(id));
  }

  @Override
  public synchronized Answer<Done> deregister(String id) {
    return on(
        id,
        "deregister",
        () -> {
          services.remove(id);
          passing.remove(id);
          inMaintenance.remove(id);
        });
  }

  private Answer<Done> on(String id, String call, Runnable effect) {
    calls.add(call);
    beforeEach.accept(call);
    if (failure != null) {
      return new Answer.Failed<>(failure, !refusing);
    }
    if (!services.containsKey(id)) {
      return Answer.failed(Kind.UNKNOWN, "404 Unknown " + id);
    }
    effect.run();
    return Answer.done();
  }
}
