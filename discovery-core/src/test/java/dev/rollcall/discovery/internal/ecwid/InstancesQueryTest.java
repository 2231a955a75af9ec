package dev.rollcall.discovery.internal.ecwid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParseException;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InstancesQueryTest {

  private static String entry(String service) {
    return "[{\"Node\":{\"Node\":\"n1\",\"Address\":\"198.18.0.2\",\"Datacenter\":\"dc1\"},"
        + "\"Service\":"
        + service
        + ",\"Checks\":[{\"Status\":\"passing\"}]}]";
  }

  private static final InstancesQuery ALL =
      new InstancesQuery(ServiceQuery.service("web").worst(HealthStatus.MAINTENANCE));

  private static QuerySpec.Content<Snapshot> parse(InstancesQuery query, String json) {
    try {
      return query.parser().read(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static QuerySpec.Content<Snapshot> read(String json) {
    return parse(ALL, json);
  }

  private static List<ServiceInstance> instances(String json) {
    return read(json).found().instances();
  }

  private static ServiceInstance only(String json) {
    QuerySpec.Content<Snapshot> reading = read(json);
    assertThat(reading.leftOut()).isEmpty();
    assertThat(reading.found().instances()).hasSize(1);
    return reading.found().instances().get(0);
  }

  @Test
  void readsAllThatConsulTells() {
    String json =
        entry(
            """
            {"ID":"web-1","Service":"web","Address":"198.18.0.7","Port":8080,"Tags":["b","a"],
             "Meta":{"k":"v"},"Weights":{"Passing":5,"Warning":2},"CreateIndex":42,"Unknown":{"x":[1]}}\
            """);
    assertThat(only(json))
        .isEqualTo(
            ServiceInstance.builder("web", "198.18.0.7", 8080)
                .id("web-1")
                .node("n1")
                .tags(List.of("b", "a"))
                .meta(Map.of("k", "v"))
                .weight(5)
                .datacenter("dc1")
                .createIndex(42)
                .build());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"ID\":\"web-1\",\"Service\":\"web\",\"Port\":80}",
        "{\"ID\":\"web-1\",\"Service\":\"web\",\"Port\":80,\"Address\":\"\",\"Tags\":null,"
            + "\"Meta\":null,\"Weights\":null}",
        "{\"ID\":\"web-1\",\"Service\":\"web\",\"Port\":80,\"Address\":7,\"Tags\":\"x\","
            + "\"Meta\":[1],\"Weights\":{\"Passing\":\"many\"}}",
        "{\"ID\":\"web-1\",\"Service\":\"web\",\"Port\":80,\"Tags\":[null,1,{}],"
            + "\"Meta\":{\"a\":null,\"b\":{}},\"Weights\":{\"Passing\":-1}}",
      })
  void whatIsAbsentNullOrOfAnotherTypeHasADefault(String service) {
    ServiceInstance instance = only(entry(service));
    assertThat(instance.address()).isEqualTo("198.18.0.2");
    assertThat(instance.tags()).isEmpty();
    assertThat(instance.meta()).isEmpty();
    assertThat(instance.weight()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "65536", "1e999999999", "80.5", "null", "\"80\"", "{}"})
  void anInstanceWithoutAUsablePortIsLeftOutAndNamed(String port) {
    QuerySpec.Content<Snapshot> reading =
        read(entry("{\"ID\":\"web-1\",\"Service\":\"web\",\"Port\":" + port + "}"));
    assertThat(reading.found().instances()).isEmpty();
    assertThat(reading.leftOut()).singleElement().asString().contains("web-1", "port");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "x\\nserver evil", "a;b", "\\u0000", "#", "$(x)"})
  void anInstanceWithoutAUsableAddressIsLeftOutAndNamedOnOneLine(String address) {
    QuerySpec.Content<Snapshot> reading =
        read(entry("{\"ID\":\"web-1\",\"Port\":80,\"Address\":\"" + address + "\"}"));
    assertThat(reading.found().instances()).isEmpty();
    assertThat(reading.leftOut()).singleElement().asString().contains("web-1", "address");
    assertThat(reading.leftOut().get(0).lines()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"Port\":0 | it has no port",
        "\"Tags\":[] | it has no port",
        "\"Port\":-1 | its port -1 is not between 1 and 65535",
        "\"Port\":70000 | its port 70000 is not between 1 and 65535",
        "\"Port\":0,\"SocketPath\":\"/run/web\" | it listens on the socket \"/run/web\", which has"
            + " no port",
        "\"Port\":80,\"Address\":\"  \" | it has no address, and its node has none",
        "\"Port\":80,\"Address\":\"[2001:db8::1]\" | its address \"[2001:db8::1]\" is neither an IP"
            + " address nor a host name",
      })
  void whyAnInstanceIsLeftOutIsSaid(String members, String reason) {
    QuerySpec.Content<Snapshot> reading = read(entry("{\"ID\":\"web-1\"," + members + "}"));
    assertThat(reading.leftOut()).singleElement().asString().endsWith(": " + reason);
  }

  @Test
  void oneBadInstanceDoesNotSpoilTheOthers() {
    String good = entry("{\"ID\":\"good\",\"Port\":80}");
    String json =
        "[null, 7, [], {}, " + good.substring(1, good.length() - 1) + ", " + good.substring(1);
    QuerySpec.Content<Snapshot> reading = read(json);
    assertThat(reading.found().instances()).extracting(ServiceInstance::id).containsExactly("good");
    assertThat(reading.leftOut()).hasSize(5).last().asString().contains("twice");
  }

  @ParameterizedTest
  @CsvSource({
    "passing, passing, PASSING, 5",
    "passing, warning, WARNING, 2",
    "critical, warning, CRITICAL, 5",
    "passing, maintenance, CRITICAL, 5",
    "passing, nonsense, CRITICAL, 5",
  })
  void theWorstCheckCounts(String one, String other, HealthStatus status, int weight) {
    String json =
        "[{\"Node\":{\"Node\":\"n\",\"Address\":\"h\"},\"Service\":{\"ID\":\"i\",\"Port\":1,"
            + "\"Weights\":{\"Passing\":5,\"Warning\":2}},\"Checks\":[{\"Status\":\""
            + one
            + "\"},{\"Status\":\""
            + other
            + "\"}]}]";
    assertThat(only(json).status()).isEqualTo(status);
    assertThat(only(json).weight()).isEqualTo(weight);
  }

  @ParameterizedTest
  @CsvSource({
    "_service_maintenance:web-1, critical, passing, MAINTENANCE",
    "_service_maintenance:web-1, critical, critical, MAINTENANCE",
    "_node_maintenance, critical, passing, MAINTENANCE",
    "_node_maintenance, critical, critical, MAINTENANCE",
    // An id alone is no maintenance, nor is one that only looks like it.
    "_node_maintenance, passing, passing, PASSING",
    "_node_maintenance_soon, critical, passing, CRITICAL",
    "my_service_maintenance:web-1, critical, passing, CRITICAL",
  })
  void maintenanceIsToldApartFromAFailure(
      String check, String status, String other, HealthStatus seen) {
    String json =
        """
        [{"Node":{"Node":"n","Address":"h"},"Service":{"ID":"web-1","Port":1},
          "Checks":[{"CheckID":"%s","Status":"%s"},{"CheckID":"service:web-1","Status":"%s"}]}]\
        """
            .formatted(check, status, other);
    assertThat(only(json).status()).isEqualTo(seen);
  }

  @ParameterizedTest
  @CsvSource({
    "http, '', passing, UNCHECKED",
    "tcp, '', passing, UNCHECKED",
    "grpc, '', warning, UNCHECKED",
    "http, HTTP GET http://h: 500, passing, CRITICAL",
    "http, '', critical, CRITICAL",
    // A heartbeat that is failed without a note, a script without output, a check of the catalog's.
    "ttl, '', passing, CRITICAL",
    "script, '', passing, CRITICAL",
    "'', '', passing, CRITICAL",
  })
  void aProbeThatHasNotRunIsToldApartFromAFailure(
      String type, String output, String other, HealthStatus seen) {
    String json =
        """
        [{"Node":{"Node":"n","Address":"h"},"Service":{"ID":"web-1","Port":1},
          "Checks":[{"CheckID":"c","Type":"%s","Status":"critical","Output":"%s"},
                    {"CheckID":"o","Type":"ttl","Status":"%s"}]}]\
        """
            .formatted(type, output, other);
    assertThat(only(json).status()).isEqualTo(seen);
  }

  private static List<String> endpoints(ServiceQuery query, String json) {
    QuerySpec.Content<Snapshot> result = parse(new InstancesQuery(query), json);
    return Stream.concat(
            result.found().instances().stream().map(one -> one.address() + " " + one.port()),
            result.leftOut().stream())
        .toList();
  }

  /** As Consul 1.22 and later list a service that was registered with ports by name. */
  private static final String PORTS =
      entry(
          """
          {"ID":"shop-1","Service":"shop","Address":"198.18.0.7","Port":0,"Ports":[
            {"Name":"metrics","Port":9090,"Default":false},
            {"Name":"http","Port":8080,"Default":true},
            {"Name":"grpc","Port":7070}]}\
          """);

  private static final ServiceQuery SHOP = ServiceQuery.service("shop");

  @Test
  void ofPortsByNameTheDefaultOneCountsUnlessOneIsNamed() {
    assertThat(endpoints(SHOP, PORTS)).containsExactly("198.18.0.7 8080");
    assertThat(endpoints(SHOP.port("grpc"), PORTS)).containsExactly("198.18.0.7 7070");
    assertThat(endpoints(SHOP.port("metrics"), PORTS)).containsExactly("198.18.0.7 9090");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"Port\":80",
        "\"Port\":80,\"Ports\":null",
        "\"Port\":80,\"Ports\":{\"grpc\":1}",
        "\"Ports\":[{\"Name\":\"http\",\"Port\":80,\"Default\":true}]",
        "\"Ports\":[7,{\"Name\":\"grpc\",\"Port\":\"80\"}]",
      })
  void whoHasNoPortOfTheNameIsLeftOutAndNamed(String ports) {
    assertThat(endpoints(SHOP.port("grpc"), entry("{\"ID\":\"shop-1\"," + ports + "}")))
        .containsExactly("instance shop-1 on node n1: it has no port of the name grpc");
  }

  @Test
  void aPortByNameThatIsNoneIsRefusedAsAnyOther() {
    String json =
        entry("{\"ID\":\"a\",\"Ports\":[{\"Name\":\"p\",\"Port\":70000,\"Default\":true}]}");
    assertThat(endpoints(SHOP, json))
        .containsExactly("instance a on node n1: its port 70000 is not between 1 and 65535");
  }

  /** As Consul 1.8 lists a service with tagged addresses, on a node that has some as well. */
  private static String tagged(String address) {
    return """
    [{"Node":{"Node":"n1","Address":"198.18.0.2",
              "TaggedAddresses":{"lan":"198.18.0.2","wan":"203.0.113.2"}},
      "Service":{"ID":"a","Address":"%s","Port":80,"TaggedAddresses":{
        "lan_ipv6":{"Address":"2001:db8::7","Port":0},
        "public":{"Address":"203.0.113.7","Port":8443}}},
      "Checks":[]}]\
    """
        .formatted(address);
  }

  @ParameterizedTest
  @CsvSource({
    "198.18.0.7, public,   203.0.113.7 8443",
    "198.18.0.7, lan_ipv6, 2001:db8::7 80",
    "198.18.0.7, wan,      198.18.0.7 80",
    "198.18.0.7, none,     198.18.0.7 80",
    "'',         public,   203.0.113.7 8443",
    "'',         wan,      203.0.113.2 80",
    "'',         none,     198.18.0.2 80",
  })
  void theTaggedAddressThatIsWantedCountsWhereThereIsOne(
      String address, String wanted, String endpoint) {
    assertThat(endpoints(SHOP.taggedAddress(wanted), tagged(address))).containsExactly(endpoint);
  }

  @Test
  void aTaggedAddressLeavesAPortThatIsNamedAsItIs() {
    String json =
        entry(
            """
            {"ID":"a","Ports":[{"Name":"grpc","Port":7070},{"Name":"http","Port":80,"Default":true}],
             "TaggedAddresses":{"wan":{"Address":"203.0.113.7","Port":8443}}}\
            """);
    assertThat(endpoints(SHOP.taggedAddress("wan"), json)).containsExactly("203.0.113.7 8443");
    assertThat(endpoints(SHOP.taggedAddress("wan").port("grpc"), json))
        .containsExactly("203.0.113.7 7070");
  }

  @Test
  void aTaggedAddressThatIsNoneIsRefusedAsAnyOther() {
    String json =
        entry("{\"ID\":\"a\",\"Port\":80,\"TaggedAddresses\":{\"wan\":{\"Address\":\"x\\n y\"}}}");
    assertThat(endpoints(SHOP.taggedAddress("wan"), json))
        .containsExactly(
            "instance a on node n1: its address \"x? y\" is neither an IP address nor a host name");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "connect-proxy",
        "mesh-gateway",
        "terminating-gateway",
        "ingress-gateway",
        "api-gateway",
        "some-later-kind"
      })
  void whatHasAKindIsLeftOutUnlessAskedFor(String kind) {
    String json = entry("{\"ID\":\"a\",\"Port\":80,\"Kind\":\"" + kind + "\"}");
    assertThat(endpoints(SHOP, json))
        .containsExactly(
            "instance a on node n1: it is no service but a proxy of one, of the kind "
                + kind
                + ", which was not asked for");
    assertThat(endpoints(SHOP.withProxies(), json)).containsExactly("198.18.0.2 80");
  }

  /** As Consul lists what a peer has exported, from 1.13 on; before, it lists its own. */
  @Test
  void ofAPeerOnlyWhatIsThePeersCounts() {
    String imported =
        """
        [{"Node":{"Node":"n1","Address":"198.18.0.2","Datacenter":"dc2","PeerName":"east"},
          "Service":{"ID":"a","Service":"shop","Port":80,"PeerName":"east"},
          "Checks":[{"Status":"passing","PeerName":"east"}]}]\
        """;
    assertThat(endpoints(SHOP.peer("east"), imported)).containsExactly("198.18.0.2 80");
    assertThat(endpoints(SHOP.peer("east"), entry("{\"ID\":\"a\",\"Port\":80}")))
        .containsExactly(
            "instance a on node n1: it is none of the peer east, as of Consul before 1.13");
  }

  private static String on(String node, String id, String address, String status) {
    return """
    {"Node":{"Node":"%s","Address":"198.18.0.1","Datacenter":"dc1"},
     "Service":{"ID":"%s","Service":"web","Address":"%s","Port":80},
     "Checks":[{"Status":"%s"}]}\
    """
        .formatted(node, id, address, status);
  }

  private static List<String> nodes(String... entries) {
    return instances("[" + String.join(",", entries) + "]").stream()
        .map(ServiceInstance::node)
        .toList();
  }

  @Test
  void aServiceThatMovedToAnotherAgentIsOneInstanceWhateverTheOrder() {
    String one = on("n1", "web-1", "198.18.0.7", "passing");
    String two = on("n2", "web-1", "198.18.0.7", "passing");
    assertThat(nodes(one, two)).containsExactly("n1");
    assertThat(nodes(two, one)).containsExactly("n1");
  }

  @Test
  void ofTwoTheOneInBetterHealthCounts() {
    String lapsed = on("n1", "web-1", "198.18.0.7", "critical");
    assertThat(nodes(lapsed, on("n2", "web-1", "198.18.0.7", "passing"))).containsExactly("n2");
  }

  @Test
  void theSameIdAtAnotherAddressIsAnotherInstance() {
    String one = on("n1", "web", "198.18.0.7", "passing");
    String two = on("n2", "web", "198.18.0.8", "passing");
    assertThat(nodes(one, two)).containsExactly("n1", "n2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[",
        "[%s",
        "[%s,",
        "[%s %s]",
        "[%s}]",
        "[%sx]",
        "[%s]]",
        "[%s] []",
        "[%s,\"]",
        "{%s}",
        "[%s,[}]",
        "[%s,{\"a\" 1}]",
        "[\"\\"
      })
  void brokenJsonIsRefusedAsAWhole(String form) {
    String good = on("n1", "web-1", "198.18.0.7", "passing");
    assertThatThrownBy(() -> read(form.replace("%s", good))).isInstanceOf(JsonParseException.class);
  }

  @Test
  void deepNestingIsRefusedAndEndsNothing() {
    String deep = "[" + "[".repeat(1_000_000) + "]".repeat(1_000_000) + "]";
    assertThatThrownBy(() -> read(deep)).isInstanceOf(JsonParseException.class);
  }
}
