package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.SingleUrlParameters;
import com.ecwid.consul.UrlParameters;
import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.net.Require;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

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

  /**
   * How to ask which of some ids a node has; empty if what is asked for cannot be found so.
   *
   * @param node its name
   */
  default Optional<NodeQuestion> onNode(String node, Set<String> ids) {
    return Optional.empty();
  }

  /**
   * A question of a node.
   *
   * @param hasNone whether the content of an answer says that the node has none of the ids; throws
   *     what it likes on one of the wrong shape
   */
  record NodeQuestion(String path, List<UrlParameters> parameters, Predicate<byte[]> hasNone) {}

  /**
   * The service of the agent's own datacenter that is asked for; empty if it is another one's, or
   * something else is asked for.
   */
  default Optional<String> ownService() {
    return Optional.empty();
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
     * Reads the content of an answer to its end; throws what it likes on one of the wrong shape.
     *
     * @return the same object as the last time if nothing has changed
     * @throws IOException as reading does
     */
    Content<S> read(InputStream content) throws IOException;
  }

  /**
   * What the content of an answer holds.
   *
   * @param leftOut as of {@link QueryResult}
   * @param <S> what it holds
   */
  record Content<S>(S found, List<String> leftOut) {}

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
      return content -> parse(content.readAllBytes());
    }

    /** Anybody may have chosen the names and tags. */
    private Content<CatalogServices> parse(byte[] content) {
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
      return new Content<>(new CatalogServices(query, tags), leftOut);
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
