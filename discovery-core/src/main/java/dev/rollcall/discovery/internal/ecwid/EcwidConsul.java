package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.v1.ConsulRawClient;
import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.AgentApi;
import dev.rollcall.discovery.internal.api.CatalogApi;
import dev.rollcall.discovery.internal.api.CheckHashes;
import dev.rollcall.discovery.internal.api.ConsulApi;
import dev.rollcall.discovery.internal.net.AgentAddress;
import dev.rollcall.discovery.internal.net.LocalAddresses;
import dev.rollcall.discovery.internal.registration.TokenRotatingAgent;
import dev.rollcall.discovery.internal.tls.ReloadingSslContext;
import java.net.InetAddress;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.apache.http.client.HttpClient;
import org.apache.http.impl.client.CloseableHttpClient;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Consul through consul-api. Registrations have a small pool of connections and each watched query
 * has a client of its own, but for those that share: watches cannot starve heartbeats, and closing
 * a watch's client ends its query at once, wherever it is.
 */
public final class EcwidConsul implements ConsulApi, CatalogApi {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");

  private final ConsulOptions options;
  private final AgentAddress address;
  private final ReloadingSslContext tls;
  private final Queue<CloseableHttpClient> clients = new ConcurrentLinkedQueue<>();
  private final CatalogApi catalog;
  private final AgentApi agent;

  /**
   * Makes ready to speak with the first of the agents. Does no I/O yet.
   *
   * @param connections how many calls for registrations may be under way at once
   */
  public EcwidConsul(ConsulOptions options, int connections) {
    this(options, connections, LocalAddresses::all);
  }

  /**
   * As {@link #EcwidConsul(ConsulOptions, int)}.
   *
   * @param own all addresses of this machine, as of the moment; thread-safe
   */
  public EcwidConsul(ConsulOptions options, int connections, Supplier<List<InetAddress>> own) {
    this(
        options,
        options.address(),
        new ReloadingSslContext(options.tls()),
        connections,
        new AdvertisedEndpoint(options, own));
  }

  private EcwidConsul(
      ConsulOptions options,
      URI at,
      ReloadingSslContext tls,
      int connections,
      AdvertisedEndpoint own) {
    this.options = options;
    this.tls = tls;
    address = AgentAddress.of(at);
    if (address.isTls() && !options.tls().verify()) {
      log.warn("Consul at {}: its certificate is not checked, as asked for", at);
    }
    catalog =
        new EcwidCatalog(
            options,
            () ->
                ConsulHttpClient.owning(
                    address,
                    HttpClientFactory.forPolling(options, tls),
                    HttpClientFactory.callBounds(options)));
    CloseableHttpClient control = HttpClientFactory.forCalls(options, tls, connections);
    clients.add(control);
    agent =
        new TokenRotatingAgent(
            new EcwidAgent(
                raw(address, control), new ServiceAddress(own, address), options.callTimeout()),
            options.token());
  }

  /** Each of the agents under its address, in order; as the constructor. */
  public static Map<String, ConsulApi> each(ConsulOptions options, int connections) {
    ReloadingSslContext tls = new ReloadingSslContext(options.tls());
    AdvertisedEndpoint own = new AdvertisedEndpoint(options, LocalAddresses::all);
    Map<String, ConsulApi> each = new LinkedHashMap<>();
    for (URI at : options.addresses()) {
      each.put(at.toString(), new EcwidConsul(options, at, tls, connections, own));
    }
    return each;
  }

  static ConsulRawClient raw(AgentAddress address, HttpClient http) {
    return new ConsulRawClient(
        http, address.scheme() + "://" + address.host(), address.port(), address.path());
  }

  @Override
  public AgentApi agent() {
    return agent;
  }

  @Override
  public CatalogApi catalog() {
    return this;
  }

  @Override
  public BlockingQuery<Snapshot> instances(ServiceQuery query) {
    return catalog.instances(query);
  }

  @Override
  public BlockingQuery<CatalogServices> services(CatalogQuery query) {
    return catalog.services(query);
  }

  @Override
  public BlockingQuery<CheckHashes> checks() {
    return catalog.checks();
  }

  @Override
  public BlockingQuery<Integer> nodes() {
    return catalog.nodes();
  }

  @Override
  public CatalogApi sharing(int connections) {
    CloseableHttpClient http = HttpClientFactory.forCalls(options, tls, connections);
    clients.add(http);
    return new EcwidCatalog(
        options,
        () -> ConsulHttpClient.sharing(address, http, HttpClientFactory.callBounds(options)));
  }

  @Override
  public void close() {
    clients.forEach(HttpClientFactory::close);
  }
}
