package dev.rollcall.discovery.internal.api;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.api.AgentApi.AgentService;
import dev.rollcall.discovery.internal.api.Result.Done;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An agent that holds services as Consul's does, and fails when told to. Thread-safe. */
public final class FakeAgent implements AgentApi {

  private final Map<String, AgentServiceRegistration> services = new HashMap<>();
  private final Map<String, String> reasons = new HashMap<>();
  private final Set<String> displaced = new HashSet<>();
  private final Set<String> passing = new HashSet<>();
  private final Set<String> inMaintenance = new HashSet<>();
  private final List<String> calls = new ArrayList<>();
  private @Nullable ConsulFailure failure;
  private boolean refusing;
  private boolean forgetsAtOnce;
  private Consumer<String> beforeEach = call -> {};

  public synchronized void failWith(Kind kind, String message) {
    failWith(new ConsulFailure(kind, message));
  }

  public synchronized void failWith(ConsulFailure failure) {
    this.failure = failure;
    refusing = false;
  }

  /** Takes no connection from now on. */
  public synchronized void refuse() {
    failWith(Kind.UNAVAILABLE, "connection refused");
    refusing = true;
  }

  public synchronized void recover() {
    failure = null;
  }

  public synchronized void loseAllData() {
    services.clear();
    passing.clear();
    inMaintenance.clear();
  }

  public synchronized void forgetAtOnce(boolean forgets) {
    forgetsAtOnce = forgets;
  }

  /** Runs something at the beginning of each call, told which. */
  public synchronized void beforeEach(Consumer<String> then) {
    beforeEach = then;
  }

  public synchronized void maintain(String id) {
    inMaintenance.add(id);
  }

  public synchronized boolean lists(String id) {
    return services.containsKey(id) && passing.contains(id) && !inMaintenance.contains(id);
  }

  /** What it holds under an id that it knows. */
  public synchronized ServiceDefinition held(String id) {
    return record(id).service();
  }

  /** What it was told of an id that it knows. */
  public synchronized AgentServiceRegistration record(String id) {
    return Objects.requireNonNull(services.get(id));
  }

  /** Why a service is in maintenance. */
  public synchronized String reason(String id) {
    return Objects.requireNonNull(reasons.get(id));
  }

  /** The service's process has moved to another address since it registered. */
  public synchronized void displace(String id) {
    displaced.add(id);
  }

  /** Another process registers the id. */
  public synchronized void takeOver(String id, String owner) {
    services.put(id, new AgentServiceRegistration(held(id), owner));
    inMaintenance.remove(id);
  }

  /** The other process that has the id is about to leave. */
  synchronized void offer(String id) {
    services.put(id, new AgentServiceRegistration(held(id), record(id).owner(), true));
  }

  public synchronized boolean holds(String id) {
    return services.containsKey(id);
  }

  /** The calls so far, and forgets them. */
  public synchronized List<String> calls() {
    List<String> made = List.copyOf(calls);
    calls.clear();
    return made;
  }

  @Override
  public synchronized Result<Done> register(
      AgentServiceRegistration service, HealthStatus atFirst) {
    calls.add("register");
    beforeEach.accept("register");
    if (failure != null) {
      return new Result.Failed<>(failure, !refusing);
    }
    services.put(service.id(), service);
    displaced.remove(service.id());
    inMaintenance.remove(service.id());
    if (atFirst == HealthStatus.PASSING && service.service().heartbeat().isPresent()) {
      passing.add(service.id());
    }
    return Result.done();
  }

  @Override
  public synchronized Result<Done> update(AgentServiceRegistration service) {
    return on(
        service.id(),
        service.leaving() ? "offer" : "update",
        () -> {
          services.put(service.id(), service);
          displaced.remove(service.id());
        });
  }

  @Override
  public synchronized Result<Done> beginMaintenance(String id, String reason) {
    return on(
        id,
        "begin maintenance",
        () -> {
          if (inMaintenance.add(id)) {
            reasons.put(id, reason);
          }
        });
  }

  @Override
  public synchronized Result<Done> changeMaintenance(String id, String reason) {
    return on(id, "change maintenance", () -> reasons.put(id, reason));
  }

  /** As if the agent's own checks of the service had come to this. */
  public synchronized void find(String id, HealthStatus status) {
    if (status == HealthStatus.PASSING) {
      passing.add(id);
    } else {
      passing.remove(id);
    }
  }

  /** Is told of as a call only for services that have no heartbeat. */
  @Override
  public synchronized Result<AgentService> find(AgentServiceRegistration service) {
    String id = service.id();
    int before = calls.size();
    Result<Done> answer = on(id, "find", () -> {});
    if (service.service().heartbeat().isPresent()) {
      calls.subList(before, calls.size()).clear();
    }
    if (answer instanceof Result.Failed<Done> failed) {
      return new Result.Failed<>(failed.failure());
    }
    return new Result.Ok<>(
        new AgentService(
            inMaintenance.contains(id)
                ? HealthStatus.MAINTENANCE
                : lists(id) ? HealthStatus.PASSING : HealthStatus.CRITICAL,
            Optional.of(record(id).owner()).filter(owner -> !owner.isEmpty()),
            record(id).leaving(),
            displaced.contains(id) ? "198.18.0.1:80" : "198.18.0.2:80",
            "198.18.0.2:80"));
  }

  @Override
  public synchronized Result<Done> endMaintenance(String id) {
    return on(id, "end maintenance", () -> inMaintenance.remove(id));
  }

  @Override
  public synchronized Result<Done> heartbeat(String id, HealthReport report) {
    if (forgetsAtOnce) {
      loseAllData();
    }
    boolean passes = report.status() == HealthStatus.PASSING;
    return on(
        id,
        passes ? "heartbeat" : "heartbeat " + report.status() + " " + report.output(),
        () -> {
          if (passes) {
            passing.add(id);
          } else {
            passing.remove(id);
          }
        });
  }

  @Override
  public synchronized Result<Done> deregister(String id, String owner, Duration within) {
    return on(
        id,
        "deregister",
        () -> {
          String of = record(id).owner();
          if (!of.isEmpty() && !of.equals(owner)) {
            return;
          }
          services.remove(id);
          passing.remove(id);
          inMaintenance.remove(id);
        });
  }

  private Result<Done> on(String id, String call, Runnable effect) {
    calls.add(call);
    beforeEach.accept(call);
    if (failure != null) {
      return new Result.Failed<>(failure, !refusing);
    }
    if (!services.containsKey(id)) {
      return Result.failed(Kind.UNKNOWN, "404 Unknown " + id);
    }
    effect.run();
    return Result.done();
  }
}
