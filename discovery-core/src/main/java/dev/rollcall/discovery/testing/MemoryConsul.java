package dev.rollcall.discovery.testing;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.Agent;
import dev.rollcall.discovery.internal.AgentService;
import dev.rollcall.discovery.internal.Answer;
import dev.rollcall.discovery.internal.Answer.Done;
import dev.rollcall.discovery.internal.Catalog;
import dev.rollcall.discovery.internal.Consul;
import dev.rollcall.discovery.internal.Fingerprints;
import dev.rollcall.discovery.internal.ServiceRecord;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** One connection to the registry in memory. Thread-safe. */
final class MemoryConsul implements Consul, Agent, Catalog {

  private final Holdings holdings;
  private final SteppedTime time;
  private final Duration waitTime;

  MemoryConsul(Holdings holdings, SteppedTime time, Duration waitTime) {
    this.holdings = holdings;
    this.time = time;
    this.waitTime = waitTime;
  }

  @Override
  public Agent agent() {
    return this;
  }

  @Override
  public Catalog catalog() {
    return this;
  }

  @Override
  public Poll<Snapshot> instances(ServiceQuery query) {
    String service = query.service();
    return poll(
        query.filter().map(MemoryConsul::noFilter).or(() -> far(query.datacenter())),
        () -> holdings.index(service),
        () -> new Snapshot(query, holdings.instances(service).stream().filter(in(query)).toList()));
  }

  private static Predicate<ServiceInstance> in(ServiceQuery query) {
    return instance -> query.finds(instance.status()) && instance.tags().containsAll(query.tags());
  }

  @Override
  public Poll<CatalogServices> services(CatalogQuery query) {
    return poll(
        far(query.datacenter()),
        holdings::index,
        () -> new CatalogServices(query, holdings.services()));
  }

  @Override
  public Poll<Fingerprints> checks() {
    return poll(Optional.empty(), holdings::index, holdings::fingerprints);
  }

  @Override
  public Poll<Integer> nodes() {
    return poll(Optional.empty(), () -> 1, () -> 1);
  }

  private static ConsulFailure noFilter(String expression) {
    return new ConsulFailure(
        Kind.REJECTED, "a registry in memory can't evaluate the filter " + expression);
  }

  private static Optional<ConsulFailure> far(Optional<String> datacenter) {
    return datacenter
        .filter(name -> !name.equals(InMemoryRegistry.DATACENTER))
        .map(name -> new ConsulFailure(Kind.UNAVAILABLE, "500 No path to datacenter " + name));
  }

  private <S> Poll<S> poll(Optional<ConsulFailure> always, LongSupplier index, Supplier<S> found) {
    return new MemoryPoll<>(
        time, waitTime, holdings::losses, () -> always.or(holdings::failure), index, found);
  }

  /** Time stands still between two changes of a test: nobody need be spared. */
  @Override
  public Duration pace() {
    return Duration.ZERO;
  }

  @Override
  public Answer<Done> register(ServiceRecord service, HealthStatus atFirst) {
    return answer(
        service.id(),
        () -> {
          holdings.register(held(service));
          if (atFirst == HealthStatus.PASSING) {
            holdings.beat(service.id());
          }
          return true;
        });
  }

  private static Holding held(ServiceRecord service) {
    return InMemoryRegistry.held(service.service()).claimed(service.owner(), service.leaving());
  }

  @Override
  public Answer<Done> update(ServiceRecord service) {
    return answer(service.id(), () -> holdings.update(held(service)));
  }

  @Override
  public Answer<Done> beginMaintenance(String id, String reason) {
    return answer(id, () -> holdings.change(id, held -> held.maintained(true)));
  }

  @Override
  public Answer<Done> changeMaintenance(String id, String reason) {
    return beginMaintenance(id, reason);
  }

  @Override
  public Answer<AgentService> find(ServiceRecord service) {
    String id = service.id();
    return time.with(
        () -> {
          Answer<Done> answer = answer(id, () -> holdings.holding(id).isPresent());
          if (answer instanceof Answer.Failed<Done> failed) {
            return new Answer.Failed<>(failed.failure());
          }
          Holding found = holdings.holding(id).orElseThrow();
          return new Answer.Ok<>(
              new AgentService(
                  found.seen().status(),
                  found.claim().map(Holding.Claim::owner),
                  found.claim().map(Holding.Claim::leaving).orElse(false),
                  endpoint(found),
                  endpoint(held(service))));
        });
  }

  private static String endpoint(Holding holding) {
    return holding.instance().address() + ":" + holding.instance().port();
  }

  @Override
  public Answer<Done> endMaintenance(String id) {
    return answer(id, () -> holdings.change(id, held -> held.maintained(false)));
  }

  @Override
  public Answer<Done> beat(String id) {
    return answer(id, () -> holdings.beat(id));
  }

  @Override
  public Answer<Done> deregister(String id, String owner, Duration within) {
    return answer(
        id,
        () -> {
          Optional<Holding> held = holdings.holding(id);
          boolean others =
              held.flatMap(Holding::claim).filter(c -> !c.owner().equals(owner)).isPresent();
          return others || holdings.remove(id);
        });
  }

  private Answer<Done> answer(String id, BooleanSupplier call) {
    return time.with(
        () -> {
          Optional<ConsulFailure> failure = holdings.failure();
          if (failure.isPresent()) {
            return new Answer.Failed<>(failure.get());
          }
          return call.getAsBoolean()
              ? Answer.done()
              : Answer.failed(Kind.UNKNOWN, "404 Unknown service ID \"" + id + "\"");
        });
  }

  @Override
  public void close() {
    // Nothing is open but the polls, which whoever opened them closes.
  }
}
