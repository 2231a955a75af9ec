package dev.rollcall.discovery.internal.ecwid;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.test.ConsulContainer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whether an instance has left, as a real Consul tells of its node. */
@Tag("every-consul")
class AreGoneIT {
  private final ConsulContainer consul = new ConsulContainer();

  @BeforeEach
  void start() {
    consul.start();
    for (String id : List.of("stays", "goes \\ \"away\"")) {
      consul.put(
          "/v1/agent/service/register",
          "{\"Name\":\"web\",\"Address\":\"198.18.7.7\",\"Port\":80,\"ID\":\"%s\"}"
              .formatted(id.replace("\\", "\\\\").replace("\"", "\\\"")));
    }
  }

  @AfterEach
  void stop() {
    consul.stop();
  }

  @Test
  void isToldOfEachInstanceOnItsNode() {
    ConsulOptions options = ConsulOptions.builder().address(consul.address()).build();
    try (EcwidConsul api = new EcwidConsul(options, 2);
        BlockingQuery<Snapshot> query = api.instances(ServiceQuery.service("web"))) {
      List<ServiceInstance> both = instances(query);
      assertThat(both).hasSize(2);
      both.forEach(each -> assertThat(query.areGone(List.of(each))).isFalse());

      consul.put("/v1/agent/service/deregister/goes%20%5C%20%22away%22", "");
      ServiceInstance left = instances(query).get(0);
      assertThat(left.id()).isEqualTo("stays");
      ServiceInstance gone =
          both.stream().filter(each -> !each.equals(left)).findAny().orElseThrow();
      assertThat(query.areGone(List.of(gone))).isTrue();
      assertThat(query.areGone(List.of(left))).isFalse();
      assertThat(query.areGone(both)).isFalse();
      assertThat(query.areGone(List.of(gone.toBuilder().node("elsewhere").build())))
          .as("nothing is known of a node that is not there")
          .isFalse();
    }
  }

  private static List<ServiceInstance> instances(BlockingQuery<Snapshot> query) {
    return ((Result.Ok<QueryResult<Snapshot>>) query.runConsistent()).value().found().instances();
  }
}
