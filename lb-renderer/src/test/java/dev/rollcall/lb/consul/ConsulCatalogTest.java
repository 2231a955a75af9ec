package dev.rollcall.lb.consul;

import static dev.rollcall.lb.TestInstances.at;
import static dev.rollcall.lb.TestInstances.instance;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.DiscoveryHealth;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.SnapshotListener;
import dev.rollcall.discovery.Watch;
import dev.rollcall.discovery.Watched;
import dev.rollcall.lb.consul.SelfPreservationRules.PerService;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ConsulCatalogTest {
  private final FakeDiscovery discovery = new FakeDiscovery();
  private final OutageCounter outages = new OutageCounter();
  private final AtomicInteger changes = new AtomicInteger();
  private final ConsulCatalog catalog =
      new ConsulCatalog(
          discovery, InstanceSelection.of(HealthStatus.WARNING), outages, changes::incrementAndGet);

  private Pool pool(String service) {
    return Objects.requireNonNull(catalog.snapshot().pools().get(service));
  }

  @Test
  void snapshotIsIncompleteUntilEveryServiceHasItsFirstAnswer() {
    catalog.watchOnly(Set.of("db", "web"));
    discovery.answers("web", instance("a"));
    assertThat(catalog.snapshot().complete()).isFalse();
    discovery.answers("db");
    assertThat(catalog.snapshot().complete()).isTrue();
    assertThat(pool("db")).isEqualTo(Pool.of(List.of()));
    assertThat(pool("web").instances()).containsExactly(instance("a"));
    assertThat(changes).hasValue(2);
  }

  @Test
  void snapshotWithoutServicesIsComplete() {
    catalog.watchOnly(Set.of());
    assertThat(catalog.snapshot().complete()).isTrue();
  }

  @Test
  void keepsPoolsOfServicesThatAreStillWatched() {
    catalog.watchOnly(Set.of("web"));
    discovery.answers("web", instance("a"));
    catalog.watchOnly(Set.of("db", "web"));
    assertThat(discovery.opened).hasValue(2);
    assertThat(pool("web").instances()).hasSize(1);
    assertThat(catalog.snapshot().complete()).isFalse();
  }

  @Test
  void closesWatchOfRemovedServiceAndForgetsItsPool() {
    catalog.watchOnly(Set.of("db", "web"));
    SnapshotListener late = Objects.requireNonNull(discovery.listeners.get("db"));
    catalog.watchOnly(Set.of("web"));
    assertThat(discovery.listeners).containsOnlyKeys("web");
    late.onSnapshot(new Snapshot(ServiceQuery.service("db"), List.of(instance("d"))));
    assertThat(catalog.snapshot().pools()).containsOnlyKeys("web");
    assertThat(catalog.watchStatus()).containsOnlyKeys("web");
  }

  @Test
  void watchesOtherServicesOnlyWhileEndpointsAreAskedFor() {
    Endpoint a = new Endpoint("198.18.0.5", 8080);
    catalog.watchOnly(Set.of("web"));
    discovery.names = Set.of("web", "shop", "db");
    discovery.answered.put("shop", List.of(at("s", "::ffff:198.18.0.5", 8080)));
    discovery.answered.put("db", List.of(at("d", "198.18.0.6", 8080)));
    assertThat(catalog.endpointsOfOtherServices(Set.of())).isEmpty();
    assertThat(discovery.namesWatched).isFalse();

    assertThat(catalog.endpointsOfOtherServices(Set.of(a))).containsExactly(a);
    assertThat(discovery.queries).containsOnlyKeys("web", "shop", "db");
    ServiceQuery shop = Objects.requireNonNull(discovery.queries.get("shop"));
    assertThat(shop.filter()).contains("Service.Port == 8080");
    assertThat(shop.worst()).isEqualTo(HealthStatus.PASSING);
    Endpoint other = new Endpoint("198.18.0.9", 90);
    assertThat(catalog.endpointsOfOtherServices(Set.of(a, other))).containsExactly(a);
    assertThat(Objects.requireNonNull(discovery.queries.get("db")).filter())
        .contains("Service.Port == 90 or Service.Port == 8080");

    discovery.names = Set.of("web", "db");
    assertThat(catalog.endpointsOfOtherServices(Set.of(a, other))).isEmpty();
    assertThat(discovery.queries).containsOnlyKeys("web", "db");
    assertThat(catalog.endpointsOfOtherServices(Set.of())).isEmpty();
    assertThat(discovery.queries).containsOnlyKeys("web");
    assertThat(discovery.namesWatched).isFalse();
  }

  @Test
  void asksForWhatThePoolsNameSaysAndTheSettingsOfThePool() {
    ConsulCatalog other =
        new ConsulCatalog(
            discovery,
            new InstanceSelection(
                HealthStatus.WARNING,
                new PerService<>(false, Map.of("gate", true)),
                new PerService<>("", Map.of("web@dc2", "wan"))),
            outages,
            changes::incrementAndGet);
    other.watchOnly(Set.of("web", "gate", "web@dc2", "web:grpc", "web@east.peer"));
    ServiceQuery all = ServiceQuery.service("web").worst(HealthStatus.CRITICAL);
    assertThat(discovery.queries)
        .containsEntry("web", all)
        .containsEntry("web@dc2", all.datacenter("dc2").taggedAddress("wan"))
        .containsEntry("web:grpc", all.port("grpc"))
        .containsEntry("web@east.peer", all.peer("east"))
        .hasSize(5);
    assertThat(Objects.requireNonNull(discovery.queries.get("gate")).proxies()).isTrue();
    discovery.answers("web@dc2", instance("b"));
    assertThat(other.snapshot().pool("web@dc2").instances()).containsExactly(instance("b"));
    assertThat(other.snapshot().pool("web").answered()).isFalse();
  }

  @Test
  void aServiceThatIsWatchedElsewhereOnlyIsOneOfTheOthers() {
    catalog.watchOnly(Set.of("web@dc2", "shop:grpc"));
    discovery.names = Set.of("web", "shop");
    catalog.endpointsOfOtherServices(Set.of(new Endpoint("198.18.0.5", 8080)));
    assertThat(discovery.queries).containsOnlyKeys("web@dc2", "shop:grpc", "web");
  }

  @Test
  void watchesNoMoreOtherServicesThanItHasConnectionsFor() {
    catalog.watchOnly(Set.of("web"));
    discovery.names = IntStream.range(0, 500).mapToObj(i -> "s" + i).collect(Collectors.toSet());
    catalog.endpointsOfOtherServices(Set.of(new Endpoint("198.18.0.5", 8080)));
    assertThat(discovery.queries).hasSize(1 + EndpointTakeoverWatcher.MOST);
    catalog.close();
    assertThat(discovery.queries).isEmpty();
    assertThat(discovery.namesWatched).isFalse();
  }

  @Test
  void keepsLastSnapshotWhenClosed() {
    catalog.watchOnly(Set.of("web"));
    discovery.answers("web", instance("a"));
    catalog.close();
    catalog.close();
    assertThat(discovery.listeners).isEmpty();
    assertThat(pool("web").instances()).hasSize(1);
  }

  private static final class FakeDiscovery implements Discovery {
    private final Map<String, SnapshotListener> listeners = new TreeMap<>();
    private final Map<String, ServiceQuery> queries = new TreeMap<>();
    private final Map<String, List<ServiceInstance>> answered = new TreeMap<>();
    private final AtomicInteger opened = new AtomicInteger();
    private Set<String> names = Set.of();
    private boolean namesWatched;

    void answers(String service, ServiceInstance... instances) {
      Objects.requireNonNull(listeners.get(service))
          .onSnapshot(new Snapshot(ServiceQuery.parse(service), List.of(instances)));
    }

    @Override
    public Registration register(ServiceDefinition definition) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Watch watch(ServiceQuery query, SnapshotListener listener) {
      opened.incrementAndGet();
      listeners.put(query.label(), listener);
      return new FakeWatch(query);
    }

    @Override
    public List<ServiceInstance> instances(ServiceQuery query) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Watched<CatalogServices> watchServices(
        CatalogQuery query, Consumer<? super CatalogServices> listener) {
      namesWatched = true;
      return new FakeNames();
    }

    @Override
    public CompletableFuture<Boolean> leaveAsync() {
      throw new UnsupportedOperationException();
    }

    @Override
    public DiscoveryHealth health() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}

    private final class FakeNames implements Watched<CatalogServices> {
      @Override
      public Optional<CatalogServices> current() {
        SortedMap<String, List<String>> tags = new TreeMap<>();
        names.forEach(name -> tags.put(name, List.of()));
        return Optional.of(new CatalogServices(CatalogQuery.services(), tags));
      }

      @Override
      public Optional<CatalogServices> awaitFirst(Duration timeout) {
        return current();
      }

      @Override
      public Duration age() {
        return Duration.ZERO;
      }

      @Override
      public boolean stale() {
        return false;
      }

      @Override
      public List<String> leftOut() {
        return List.of();
      }

      @Override
      public void close() {
        namesWatched = false;
      }
    }

    private final class FakeWatch implements Watch {
      private final ServiceQuery query;

      FakeWatch(ServiceQuery query) {
        this.query = query;
        queries.put(query.label(), query);
      }

      @Override
      public ServiceQuery query() {
        return query;
      }

      @Override
      public Optional<Snapshot> current() {
        return Optional.ofNullable(answered.get(query.label()))
            .map(found -> new Snapshot(query, found));
      }

      @Override
      public Optional<Snapshot> awaitFirst(Duration timeout) {
        return current();
      }

      @Override
      public Duration age() {
        return Duration.ZERO;
      }

      @Override
      public boolean stale() {
        return true;
      }

      @Override
      public List<String> leftOut() {
        return List.of();
      }

      @Override
      public void close() {
        listeners.remove(query.label());
        queries.remove(query.label());
      }
    }
  }
}
