package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.SingleUrlParameters;
import com.ecwid.consul.UrlParameters;
import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.CheckHashes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A query in the words of Consul's HTTP API.
 *
 * @param <S> what it finds
 */
sealed interface QuerySpec<S> {

  /** What failures call it. */
  String name();

  /** The path to ask. */
  String path();

  /** The parameters to ask with. */
  List<UrlParameters> parameters(boolean strict);

  /** What reads the answers, one after the other. */
  Answers<S> answers();

  /**
   * Reads answers to one question. Not thread-safe.
   *
   * @param <S> what they hold
   */
  interface Answers<S> {

    /** Reads an answer; throws what it likes on content of the wrong shape. */
    QueryResult<S> read(Body body, long index);
  }

  /** The parameter that says where to ask, if it is not the agent's own datacenter. */
  List<UrlParameters> datacenter();

  /** Whether nothing at all was found. */
  boolean isEmpty(S found);

  /** A path that Consul refuses to who may not read what is asked for; empty if there is none. */
  default Optional<String> refusedWithoutRight() {
    return Optional.empty();
  }

  /**
   * Asks for instances.
   *
   * @see <a
   *     href="https://developer.hashicorp.com/consul/api-docs/health#list-service-instances-for-service">List
   *     service instances</a>
   */
  record Instances(ServiceQuery query) implements QuerySpec<Snapshot> {

    @Override
    public String name() {
      return "query " + query.service();
    }

    @Override
    public String path() {
      return "/v1/health/service/" + query.service();
    }

    /**
     * Always near something: where no node is said, the order does not matter, but the answer is
     * then none from the agent's own view of a stream of events, which Consul gives from 1.10 on
     * whatever the consistency that was asked for, and which goes on to be given when the servers
     * are lost. Never {@code passing} where the order matters: to leave an instance out, Consul
     * puts the last one in its place.
     */
    @Override
    public List<UrlParameters> parameters(boolean strict) {
      List<UrlParameters> parameters = new ArrayList<>();
      if (query.worst() == HealthStatus.PASSING && query.near().isEmpty()) {
        parameters.add(new SingleUrlParameters("passing"));
      }
      filter().ifPresent(filter -> parameters.add(new SingleUrlParameters("filter", filter)));
      parameters.add(new SingleUrlParameters("near", query.near().orElse("_agent")));
      parameters.addAll(place(query.datacenter(), query.consistency(), strict));
      if (query.cached() && !strict) {
        parameters.add(new SingleUrlParameters("cached"));
      }
      return parameters;
    }

    @Override
    public List<UrlParameters> datacenter() {
      return place(query.datacenter(), Consistency.DEFAULT, false);
    }

    /** The parameter {@code tag} is out of favour with Consul, and does not tell A from a. */
    private Optional<String> filter() {
      Stream<String> own = query.filter().stream().map(expression -> "(" + expression + ")");
      Stream<String> tags = query.tags().stream().map(tag -> quoted(tag) + " in Service.Tags");
      String all = Stream.concat(own, tags).collect(Collectors.joining(" and "));
      return all.isEmpty() ? Optional.empty() : Optional.of(all);
    }

    /** Consul ends a text at the next quote, escaped or not, and then reads it as Go does. */
    private static String quoted(String text) {
      return '"' + text.replace("\\", "\\\\").replace("\"", "\\x22") + '"';
    }

    @Override
    public Answers<Snapshot> answers() {
      HealthJson json = new HealthJson();
      return (body, index) -> page(json.read(body), index);
    }

    private QueryResult<Snapshot> page(HealthJson.Reading reading, long index) {
      List<ServiceInstance> found =
          reading.instances().stream().filter(instance -> query.finds(instance.status())).toList();
      return new QueryResult<>(new Snapshot(query, found), reading.leftOut(), index);
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
  }

  /**
   * Asks for the services' names.
   *
   * @see <a href="https://developer.hashicorp.com/consul/api-docs/catalog#list-services">List
   *     services</a>
   */
  record Services(CatalogQuery query) implements QuerySpec<CatalogServices> {

    @Override
    public String name() {
      return "query services";
    }

    @Override
    public String path() {
      return "/v1/catalog/services";
    }

    @Override
    public List<UrlParameters> parameters(boolean strict) {
      return place(query.datacenter(), query.consistency(), strict);
    }

    @Override
    public List<UrlParameters> datacenter() {
      return place(query.datacenter(), Consistency.DEFAULT, false);
    }

    @Override
    public Answers<CatalogServices> answers() {
      return (body, index) -> {
        ServicesJson.Reading reading = ServicesJson.read(body.text());
        return new QueryResult<>(
            new CatalogServices(query, reading.tags()), reading.leftOut(), index);
      };
    }

    @Override
    public boolean isEmpty(CatalogServices found) {
      return found.names().isEmpty();
    }
  }

  /**
   * Asks for the health of all services.
   *
   * @see <a href="https://developer.hashicorp.com/consul/api-docs/health#list-checks-in-state">List
   *     checks in state</a>
   */
  record Checks() implements QuerySpec<CheckHashes> {

    @Override
    public String name() {
      return "query checks";
    }

    @Override
    public String path() {
      return "/v1/health/state/any";
    }

    @Override
    public List<UrlParameters> parameters(boolean strict) {
      return place(Optional.empty(), Consistency.CONSISTENT, strict);
    }

    @Override
    public List<UrlParameters> datacenter() {
      return List.of();
    }

    @Override
    public Answers<CheckHashes> answers() {
      return (body, index) -> new QueryResult<>(StatesJson.read(body), List.of(), index);
    }

    @Override
    public boolean isEmpty(CheckHashes found) {
      return found.checks() == 0;
    }
  }

  /**
   * Asks which nodes there are.
   *
   * @see <a href="https://developer.hashicorp.com/consul/api-docs/catalog#list-nodes">List
   *     nodes</a>
   */
  record Nodes() implements QuerySpec<Integer> {

    @Override
    public String name() {
      return "query nodes";
    }

    @Override
    public String path() {
      return "/v1/catalog/nodes";
    }

    @Override
    public List<UrlParameters> parameters(boolean strict) {
      return place(Optional.empty(), Consistency.CONSISTENT, strict);
    }

    @Override
    public List<UrlParameters> datacenter() {
      return List.of();
    }

    @Override
    public Answers<Integer> answers() {
      return (body, index) -> new QueryResult<>(JsonListing.count(body), List.of(), index);
    }

    @Override
    public boolean isEmpty(Integer found) {
      return found == 0;
    }
  }

  private static List<UrlParameters> place(
      Optional<String> datacenter, Consistency consistency, boolean strict) {
    List<UrlParameters> parameters = new ArrayList<>();
    datacenter.ifPresent(name -> parameters.add(new SingleUrlParameters("dc", name)));
    if (strict || consistency == Consistency.CONSISTENT) {
      parameters.add(new SingleUrlParameters("consistent"));
    } else if (consistency == Consistency.STALE) {
      parameters.add(new SingleUrlParameters("stale"));
    }
    return parameters;
  }
}
