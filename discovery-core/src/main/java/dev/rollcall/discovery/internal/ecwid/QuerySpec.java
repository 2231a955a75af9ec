package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.SingleUrlParameters;
import com.ecwid.consul.UrlParameters;
import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.net.Require;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A query in terms of Consul's HTTP API. Immutable.
 *
 * @param <S> what it finds
 */
interface QuerySpec<S> {

  /** What failures call it. */
  String name();

  String path();

  /**
   * The parameters to ask with.
   *
   * @param consistent whether to ask for what the servers agree on, whatever the query says
   */
  List<UrlParameters> parameters(boolean consistent);

  /** The parameters to ask with for what the servers agree on of some ids; may ask for more. */
  default List<UrlParameters> parametersOf(Set<String> ids) {
    return parameters(true);
  }

  /** Where to ask; empty for the agent's own datacenter. */
  Optional<String> datacenter();

  /** How far an answer may lag. */
  Consistency consistency();

  /** Whether only the leader may answer. */
  default boolean needsLeader() {
    return consistency() != Consistency.STALE;
  }

  /** A parser of the answers to one blocking query, from first to last. */
  Parser<S> parser();

  /** Whether nothing at all was found. */
  boolean isEmpty(S found);

  /** A path that Consul refuses to who may not read what is asked for; empty if there is none. */
  default Optional<String> refusedWithoutRight() {
    return Optional.empty();
  }

  /**
   * Reads answers, one after the other. Not thread-safe: it may keep what it knows of the last one.
   *
   * @param <S> what they hold
   */
  interface Parser<S> {

    /**
     * Reads the content of an answer; throws what it likes on one of the wrong shape.
     *
     * @param content not to be changed later
     */
    QueryResult<S> parse(byte[] content, long index);
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
    public List<UrlParameters> parameters(boolean consistent) {
      return place(query.datacenter(), query.consistency(), consistent);
    }

    @Override
    public Optional<String> datacenter() {
      return query.datacenter();
    }

    @Override
    public Consistency consistency() {
      return query.consistency();
    }

    @Override
    public Parser<CatalogServices> parser() {
      return this::parse;
    }

    /** Anybody may have chosen the names and tags. */
    private QueryResult<CatalogServices> parse(byte[] content, long index) {
      SortedMap<String, List<String>> tags = new TreeMap<>();
      List<String> leftOut = new ArrayList<>();
      LenientJson.parseObject(content)
          .forEach(
              (name, values) -> {
                if (Require.isQueryableName(name)) {
                  tags.put(name, values.texts());
                } else {
                  leftOut.add(
                      "service \"" + LenientJson.printable(name) + "\": it can't be asked for");
                }
              });
      return new QueryResult<>(new CatalogServices(query, tags), leftOut, index);
    }

    @Override
    public boolean isEmpty(CatalogServices found) {
      return found.names().isEmpty();
    }
  }

  /** The parameters of where to ask, and how far behind the answer may be. */
  static List<UrlParameters> place(
      Optional<String> datacenter, Consistency consistency, boolean consistent) {
    List<UrlParameters> parameters = new ArrayList<>();
    datacenter.ifPresent(name -> parameters.add(new SingleUrlParameters("dc", name)));
    if (consistent || consistency == Consistency.CONSISTENT) {
      parameters.add(new SingleUrlParameters("consistent"));
    } else if (consistency == Consistency.STALE) {
      parameters.add(new SingleUrlParameters("stale"));
    }
    return parameters;
  }
}
