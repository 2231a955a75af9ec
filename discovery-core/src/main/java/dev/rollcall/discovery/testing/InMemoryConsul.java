package dev.rollcall.discovery.testing;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.AgentApi;
import dev.rollcall.discovery.internal.api.AgentApi.AgentService;
import dev.rollcall.discovery.internal.api.AgentApi.AgentServiceRegistration;
import dev.rollcall.discovery.internal.api.CatalogApi;
import dev.rollcall.discovery.internal.api.ConsulApi;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.Result.Done;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** One connection to the registry in memory. Thread-safe. */
final class InMemoryConsul implements ConsulApi, AgentApi, CatalogApi {

  private final InMemoryCatalog entries;
  private final ManualClock time;
  private final Duration waitTime;

  InMemoryConsul(InMemoryCatalog entries, ManualClock time, Duration waitTime) {
    this.entries = entries;
    this.time = time;
    this.waitTime = waitTime;
  }

  @Override
  public AgentApi agent() {
    return this;
  }

  @Override
  public CatalogApi catalog() {
    return this;
  }

  @Override
  public BlockingQuery<Snapshot> instances(ServiceQuery query) {
    String service = query.service();
    return new Query<>(
        query
            .filter()
            .map(expression -> unable("evaluate the filter " + expression))
            .or(() -> query.port().map(port -> unable("find a port by its name " + port)))
            .or(() -> query.peer().map(peer -> unable("ask the peer " + peer)))
            .or(() -> noSuchDatacenter(query.datacenter())),
        () -> entries.index(service),
        () -> new Snapshot(query, entries.instances(service).stream().filter(in(query)).toList()));
  }

  private static Predicate<ServiceInstance> in(ServiceQuery query) {
    return instance -> query.finds(instance.status()) && instance.tags().containsAll(query.tags());
  }

  @Override
  public BlockingQuery<CatalogServices> services(CatalogQuery query) {
    return new Query<>(
        noSuchDatacenter(query.datacenter()),
        entries::index,
        () -> new CatalogServices(query, entries.services()));
  }

  private static ConsulFailure unable(String what) {
    return new ConsulFailure(Kind.REJECTED, "a registry in memory can't " + what);
  }

  private static Optional<ConsulFailure> noSuchDatacenter(Optional<String> datacenter) {
    return datacenter
        .filter(name -> !name.equals(InMemoryRegistry.DATACENTER))
        .map(name -> new ConsulFailure(Kind.UNAVAILABLE, "500 No path to datacenter " + name));
  }

  /** Time stands still between two changes of a test: nobody need be spared. */
  @Override
  public Duration pace() {
    return Duration.ZERO;
  }

  @Override
  public Result<Done> register(AgentServiceRegistration service, HealthStatus atFirst) {
    return answer(
        service.id(),
        () -> {
          entries.register(held(service));
          if (atFirst != HealthStatus.CRITICAL) {
            entries.heartbeat(service.id(), atFirst);
          }
          return true;
        });
  }

  private static CatalogEntry held(AgentServiceRegistration service) {
    return InMemoryRegistry.held(service.service()).claimed(service.owner(), service.leaving());
  }

  @Override
  public Result<Done> update(AgentServiceRegistration service) {
    return answer(service.id(), () -> entries.update(held(service)));
  }

  @Override
  public Result<Done> beginMaintenance(String id, String reason) {
    return answer(id, () -> entries.change(id, held -> held.maintained(true)));
  }

  @Override
  public Result<Done> changeMaintenance(String id, String reason) {
    return beginMaintenance(id, reason);
  }

  @Override
  public Result<AgentService> find(AgentServiceRegistration service) {
    String id = service.id();
    return time.with(
        () -> {
          Result<Done> answer = answer(id, () -> entries.entry(id).isPresent());
          if (answer instanceof Result.Failed<Done> failed) {
            return new Result.Failed<>(failed.failure());
          }
          CatalogEntry found = entries.entry(id).orElseThrow();
          return new Result.Ok<>(
              new AgentService(
                  found.seen().status(),
                  found.claim().map(CatalogEntry.Claim::owner),
                  found.claim().map(CatalogEntry.Claim::leaving).orElse(false),
                  endpoint(found),
                  endpoint(held(service))));
        });
  }

  private static String endpoint(CatalogEntry entry) {
    return entry.instance().address() + ":" + entry.instance().port();
  }

  @Override
  public Result<Done> endMaintenance(String id) {
    return answer(id, () -> entries.change(id, held -> held.maintained(false)));
  }

  @Override
  public Result<Done> heartbeat(String id, HealthReport report) {
    return answer(id, () -> entries.heartbeat(id, report.status()));
  }

  @Override
  public Result<Done> deregister(String id, String owner, Duration within) {
    return answer(
        id,
        () -> {
          Optional<CatalogEntry> held = entries.entry(id);
          boolean others =
              held.flatMap(CatalogEntry::claim).filter(c -> !c.owner().equals(owner)).isPresent();
          return others || entries.remove(id);
        });
  }

  private Result<Done> answer(String id, BooleanSupplier call) {
    return time.with(
        () -> {
          Optional<ConsulFailure> failure = entries.failure();
          if (failure.isPresent()) {
            return new Result.Failed<>(failure.get());
          }
          return call.getAsBoolean()
              ? Result.done()
              : Result.failed(Kind.UNKNOWN, "404 Unknown service ID \"" + id + "\"");
        });
  }

  @Override
  public void close() {
    // Nothing is open but the polls, which whoever opened them closes.
  }

  /**
   * One query; blocks as Consul does.
   *
   * @param <S> what it finds
   */
  private final class Query<S> implements BlockingQuery<S> {
    private final Optional<ConsulFailure> always;
    private final LongSupplier index;
    private final Supplier<S> found;
    private boolean closed;

    Query(Optional<ConsulFailure> always, LongSupplier index, Supplier<S> found) {
      this.always = always;
      this.index = index;
      this.found = found;
    }

    @Override
    public Result<QueryResult<S>> run(OptionalLong known) {
      return time.with(
          () -> {
            long lost = entries.losses();
            if (known.isPresent()) {
              time.await(waitTime, () -> isBroken(lost) || index.getAsLong() != known.getAsLong());
            }
            return result(lost);
          });
    }

    @Override
    public Result<QueryResult<S>> runConsistent() {
      return time.with(() -> result(entries.losses()));
    }

    private boolean isBroken(long lost) {
      return closed || entries.losses() != lost || failure().isPresent();
    }

    private Optional<ConsulFailure> failure() {
      return always.or(entries::failure);
    }

    private Result<QueryResult<S>> result(long lost) {
      if (closed || entries.losses() != lost) {
        return Result.failed(Kind.UNAVAILABLE, "query: the connection was closed");
      }
      Optional<ConsulFailure> failed = failure();
      return failed.isPresent()
          ? new Result.Failed<>(failed.get())
          : new Result.Ok<>(new QueryResult<>(found.get(), List.of(), index.getAsLong()));
    }

    @Override
    public void close() {
      time.run(() -> closed = true);
    }
  }
}
