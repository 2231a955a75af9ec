package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.SingleUrlParameters;
import com.ecwid.consul.UrlParameters;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.CatalogApi.InstanceKey;
import dev.rollcall.discovery.internal.net.Require;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Asks for a service's instances. Anybody who may register a service may have written what an
 * answer holds: an instance that cannot be used is left out, and does not spoil the others.
 *
 * <p>A service that has moved from one agent to another is listed by both for a while: the same id
 * at the same address and port, on two nodes. It is one instance. The same id at another address is
 * another instance, as where each node's own agent knows its service by the same id.
 *
 * @see <a
 *     href="https://developer.hashicorp.com/consul/api-docs/health#list-service-instances-for-service">List
 *     service instances</a>
 */
record InstancesQuery(ServiceQuery query) implements QuerySpec<Snapshot> {

  /**
   * The checks by which Consul keeps an instance or a node in maintenance.
   *
   * @see <a
   *     href="https://developer.hashicorp.com/consul/api-docs/agent/service#enable-maintenance-mode">Enable
   *     maintenance mode</a>
   */
  private static final String NODE_MAINTENANCE = "_node_maintenance";

  private static final String SERVICE_MAINTENANCE = "_service_maintenance:";

  /** The checks that an agent runs and whose output is never empty once they have run. */
  private static final Set<String> PROBES = Set.of("http", "tcp", "udp", "grpc", "h2ping");

  /** The one in the best health, then the one of the first node. */
  private static final BinaryOperator<ServiceInstance> BETTER =
      BinaryOperator.minBy(
          Comparator.comparing(ServiceInstance::status).thenComparing(ServiceInstance::node));

  /**
   * An element of an answer.
   *
   * @param instance absent if nobody could use it
   * @param reason why not; empty if it can be used
   */
  private record Listing(Key key, @Nullable ServiceInstance instance, String reason) {}

  /** An id, which is unique on its node only. */
  private record Key(String id, String node) {
    @Override
    public String toString() {
      return "instance " + LenientJson.printable(id) + " on node " + LenientJson.printable(node);
    }
  }

  @Override
  public String name() {
    return "query " + query.label();
  }

  @Override
  public String path() {
    return "/v1/health/service/" + query.service();
  }

  @Override
  public List<UrlParameters> parameters(boolean consistent) {
    return parameters(consistent, Set.of());
  }

  @Override
  public List<UrlParameters> parametersOf(Set<String> ids) {
    return parameters(true, ids);
  }

  /**
   * The services of one node: they cost the servers the same however large the pool is. Those of a
   * peer are not among them.
   *
   * @see <a
   *     href="https://developer.hashicorp.com/consul/api-docs/catalog#list-services-for-node">List
   *     services for node</a>
   */
  @Override
  public Optional<NodeQuestion> onNode(String node, Set<String> ids) {
    if (query.peer().isPresent() || !Require.isQueryableName(node)) {
      return Optional.empty();
    }
    List<UrlParameters> parameters = new ArrayList<>();
    parameters.add(new SingleUrlParameters("filter", anyOf("ID", ids)));
    parameters.addAll(QuerySpec.place(query.datacenter(), query.consistency(), true));
    return Optional.of(
        new NodeQuestion(
            "/v1/catalog/node-services/" + node,
            parameters,
            answer -> hasNone(LenientJson.parseObject(answer), node, ids)));
  }

  /** A node that is not there, or that the token may not read, tells nothing. */
  private boolean hasNone(Map<String, LenientJson> answer, String node, Set<String> ids) {
    return answer.getOrDefault("Node", LenientJson.ABSENT).text("Node").equals(node)
        && answer.containsKey("Services")
        && answer.get("Services").list().stream()
            .noneMatch(
                service ->
                    service.text("Service").equals(query.service())
                        && ids.contains(service.text("ID")));
  }

  /**
   * Agents answer a query that waits from their own view, which one of the servers feeds with
   * events, from 1.10 on: whatever the consistency that was asked for. They don't if it is near
   * something, so those are, where no node is said, that promise more than such a view: the order
   * does not matter then. Never {@code passing} where the order matters: to leave an instance out,
   * Consul puts the last one in its place.
   */
  private List<UrlParameters> parameters(boolean consistent, Set<String> ids) {
    List<UrlParameters> parameters = new ArrayList<>();
    if (query.worst() == HealthStatus.PASSING && query.near().isEmpty()) {
      parameters.add(new SingleUrlParameters("passing"));
    }
    filter(ids).ifPresent(filter -> parameters.add(new SingleUrlParameters("filter", filter)));
    boolean mayBeStreamed = query.consistency() == Consistency.DEFAULT && !query.cached();
    query
        .near()
        .or(() -> mayBeStreamed ? Optional.empty() : Optional.of("_agent"))
        .ifPresent(node -> parameters.add(new SingleUrlParameters("near", node)));
    query.peer().ifPresent(peer -> parameters.add(new SingleUrlParameters("peer", peer)));
    parameters.addAll(QuerySpec.place(query.datacenter(), query.consistency(), consistent));
    if (query.cached() && !consistent) {
      parameters.add(new SingleUrlParameters("cached"));
    }
    return parameters;
  }

  @Override
  public Optional<String> ownService() {
    return query.peer().isPresent() || query.datacenter().isPresent()
        ? Optional.empty()
        : Optional.of(query.service());
  }

  @Override
  public Optional<String> datacenter() {
    return query.datacenter();
  }

  @Override
  public Consistency consistency() {
    return query.consistency();
  }

  /** What comes from the agent's cache needs no leader. */
  @Override
  public boolean needsLeader() {
    return query.consistency() != Consistency.STALE && !query.cached();
  }

  /** The parameter {@code tag} is out of favour with Consul, and does not tell A from a. */
  private Optional<String> filter(Set<String> ids) {
    Stream<String> own = query.filter().stream().map(expression -> "(" + expression + ")");
    Stream<String> tags = query.tags().stream().map(tag -> quoted(tag) + " in Service.Tags");
    Stream<String> of =
        ids.isEmpty() ? Stream.empty() : Stream.of("(" + anyOf("Service.ID", ids) + ")");
    String all =
        Stream.of(own, tags, of).flatMap(terms -> terms).collect(Collectors.joining(" and "));
    return all.isEmpty() ? Optional.empty() : Optional.of(all);
  }

  private static String anyOf(String selector, Set<String> ids) {
    return ids.stream()
        .sorted()
        .map(id -> selector + " == " + quoted(id))
        .collect(Collectors.joining(" or "));
  }

  /** Consul ends a text at the next quote, escaped or not, and then reads it as Go does. */
  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\x22") + '"';
  }

  @Override
  public Parser<Snapshot> parser() {
    return new InstancesParser();
  }

  private final class InstancesParser implements Parser<Snapshot> {
    private final JsonListReader<Listing> reader =
        new JsonListReader<>(InstancesQuery.this::listing);
    private @Nullable List<Listing> listings;
    private Content<Snapshot> known = content(List.of());

    @Override
    public Content<Snapshot> read(InputStream content) throws IOException {
      List<Listing> next = reader.read(content);
      if (next != listings) {
        known = content(next);
        listings = next;
      }
      return known;
    }
  }

  private Content<Snapshot> content(List<Listing> listings) {
    return plainly(listings)
        .map(found -> new Content<>(found, List.of()))
        .orElseGet(() -> mixed(listings));
  }

  /** As nearly all answers are: every instance can be used, and has an id of its own. */
  private Optional<Snapshot> plainly(List<Listing> listings) {
    List<ServiceInstance> instances = new ArrayList<>(listings.size());
    for (Listing listing : listings) {
      ServiceInstance instance = listing.instance();
      if (instance == null || !query.finds(instance.status())) {
        return Optional.empty();
      }
      instances.add(instance);
    }
    Snapshot found = new Snapshot(query, instances);
    List<ServiceInstance> sorted = found.instances();
    for (int i = 1; i < sorted.size(); i++) {
      if (query.near().isPresent() || sorted.get(i).id().equals(sorted.get(i - 1).id())) {
        return Optional.empty();
      }
    }
    return Optional.of(found);
  }

  private Content<Snapshot> mixed(List<Listing> listings) {
    Map<InstanceKey, ServiceInstance> instances = new LinkedHashMap<>();
    Set<Key> keys = new HashSet<>();
    List<String> leftOut = new ArrayList<>();
    for (Listing listing : listings) {
      ServiceInstance instance = listing.instance();
      if (instance == null) {
        leftOut.add(listing.key() + ": " + listing.reason());
      } else if (!keys.add(listing.key())) {
        leftOut.add(listing.key() + ": it is there twice");
      } else {
        instances.merge(InstanceKey.of(instance), instance, BETTER);
      }
    }
    List<ServiceInstance> found =
        instances.values().stream().filter(each -> query.finds(each.status())).toList();
    return new Content<>(new Snapshot(query, found), leftOut);
  }

  @Override
  public boolean isEmpty(Snapshot found) {
    return found.instances().isEmpty();
  }

  /**
   * The service's defaults, which hardly any service has: 404 then, but 403 without {@code
   * service:read}.
   *
   * @see <a href="https://developer.hashicorp.com/consul/api-docs/config#get-configuration">Get
   *     configuration</a>
   */
  @Override
  public Optional<String> refusedWithoutRight() {
    return Optional.of("/v1/config/service-defaults/" + query.service());
  }

  private Listing listing(LenientJson entry) {
    LenientJson node = entry.get("Node");
    LenientJson service = entry.get("Service");
    Key key = new Key(service.text("ID"), node.text("Node"));
    String address = address(node, service);
    int port = port(service);
    String wrong = wrong(key, address, port, service);
    if (wrong != null) {
      return new Listing(key, null, wrong);
    }
    HealthStatus status = status(entry.get("Checks"));
    int weight =
        service.get("Weights").number(status == HealthStatus.WARNING ? "Warning" : "Passing", 1);
    ServiceInstance instance =
        ServiceInstance.builder(service.text("Service"), address, port)
            .id(key.id())
            .node(key.node())
            .tags(service.get("Tags").texts())
            .meta(service.get("Meta").pairs())
            .weight(weight >= 0 && weight <= 65_535 ? weight : 1)
            .status(status)
            .datacenter(node.text("Datacenter"))
            .createIndex(service.index("CreateIndex"))
            .build();
    return new Listing(key, instance, "");
  }

  /** The tagged address that is wanted, as Consul itself chooses one; or else the plain one. */
  private String address(LenientJson node, LenientJson service) {
    String own = service.text("Address");
    String tagged = tagged(service).text("Address");
    if (tagged.isEmpty() && own.isEmpty()) {
      tagged = query.taggedAddress().map(node.get("TaggedAddresses")::text).orElse("");
    }
    String plain = own.isEmpty() ? node.text("Address") : own;
    return tagged.isEmpty() ? plain : tagged;
  }

  private LenientJson tagged(LenientJson service) {
    return query
        .taggedAddress()
        .map(service.get("TaggedAddresses")::get)
        .orElse(LenientJson.ABSENT);
  }

  /**
   * The port that is wanted, 0 for none. Who has ports by name has one that is the default, and no
   * other.
   *
   * @see <a href="https://developer.hashicorp.com/consul/docs/reference/service">Service
   *     definition, on ports</a>
   */
  private int port(LenientJson service) {
    List<LenientJson> ports = service.get("Ports").list();
    Optional<String> wanted = query.port();
    if (wanted.isPresent()) {
      return ports.stream()
          .filter(port -> port.text("Name").equals(wanted.get()))
          .findFirst()
          .map(port -> port.number("Port", 0))
          .orElse(0);
    }
    int tagged = tagged(service).number("Port", 0);
    return tagged == 0 ? defaultPort(service) : tagged;
  }

  /** The port of a service as Consul has it, or that of its ports which is the default one. */
  static int defaultPort(LenientJson service) {
    return service.get("Ports").list().stream()
        .filter(port -> port.isTrue("Default"))
        .findFirst()
        .map(port -> port.number("Port", 0))
        .orElseGet(() -> service.number("Port", 0));
  }

  /**
   * Why nobody could reach it, or name it, or why it is none that is wanted.
   *
   * @see <a
   *     href="https://developer.hashicorp.com/consul/api-docs/agent/service#register-service">Register
   *     service, on Address, Port, SocketPath and Kind</a>
   */
  private @Nullable String wrong(Key key, String address, int port, LenientJson service) {
    if (key.id().isEmpty() || Require.hasControl(key.id()) || Require.hasControl(key.node())) {
      return "its id or node is empty or has control characters";
    }
    String kind = service.text("Kind");
    if (!kind.isEmpty() && !query.proxies()) {
      return "it is no service but a proxy of one, of the kind "
          + LenientJson.printable(kind)
          + ", which was not asked for";
    }
    if (query.peer().isPresent() && !query.peer().get().equals(service.text("PeerName"))) {
      return "it is none of the peer " + query.peer().get() + ", as of Consul before 1.13";
    }
    String socket = service.text("SocketPath");
    if (!socket.isEmpty()) {
      return "it listens on the socket \""
          + LenientJson.printable(socket)
          + "\", which has no port";
    }
    if (address.isBlank()) {
      return "it has no address, and its node has none";
    }
    if (!Require.isAddress(address)) {
      return "its address \""
          + LenientJson.printable(address)
          + "\" is neither an IP address nor a host name";
    }
    if (port == 0) {
      return "it has no port" + query.port().map(name -> " of the name " + name).orElse("");
    }
    return port < 1 || port > 65_535 ? "its port " + port + " is not between 1 and 65535" : null;
  }

  private static HealthStatus status(LenientJson checks) {
    HealthStatus worst = HealthStatus.PASSING;
    for (LenientJson check : checks.list()) {
      HealthStatus status =
          switch (check.text("Status")) {
            case "passing" -> HealthStatus.PASSING;
            case "warning" -> HealthStatus.WARNING;
            default -> critical(check);
          };
      worst = status.compareTo(worst) > 0 ? status : worst;
    }
    return worst;
  }

  private static HealthStatus critical(LenientJson check) {
    String id = check.text("CheckID");
    if (id.equals(NODE_MAINTENANCE) || id.startsWith(SERVICE_MAINTENANCE)) {
      return HealthStatus.MAINTENANCE;
    }
    return PROBES.contains(check.text("Type")) && check.text("Output").isEmpty()
        ? HealthStatus.UNCHECKED
        : HealthStatus.CRITICAL;
  }
}
