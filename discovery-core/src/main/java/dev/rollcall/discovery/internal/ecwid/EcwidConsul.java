package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.v1.ConsulRawClient;
import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.Agent;
import dev.rollcall.discovery.internal.AgentAddress;
import dev.rollcall.discovery.internal.Catalog;
import dev.rollcall.discovery.internal.Consul;
import dev.rollcall.discovery.internal.Fingerprints;
import dev.rollcall.discovery.internal.OwnAddress;
import dev.rollcall.discovery.internal.RenewingAgent;
import dev.rollcall.discovery.internal.tls.LiveTls;
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
public final class EcwidConsul implements Consul, Catalog {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");

  private final ConsulOptions options;
  private final AgentAddress address;
  private final LiveTls tls;
  private final Queue<CloseableHttpClient> clients = new ConcurrentLinkedQueue<>();
  private final Catalog catalog;
  private final Agent agent;

  /**
   * Makes ready to speak with the first of the agents. Does no I/O yet.
   *
   * @param connections how many calls for registrations may be under way at once
   */
  public EcwidConsul(ConsulOptions options, int connections) {
    this(options, connections, OwnAddress::all);
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
        new LiveTls(options.tls()),
        connections,
        new OwnEndpoint(options, own));
  }

  private EcwidConsul(
      ConsulOptions options, URI at, LiveTls tls, int connections, OwnEndpoint own) {
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
                BodyClient.owning(
                    address, HttpStack.forPolling(options, tls), HttpStack.callBounds(options)));
    CloseableHttpClient control = HttpStack.forCalls(options, tls, connections);
    clients.add(control);
    agent =
        new RenewingAgent(
            new EcwidAgent(
                raw(address, control), new ServiceAddress(own, address), options.callTimeout()),
            options.token());
  }

  /** Each of the agents under its address, in order; as the constructor. */
  public static Map<String, Consul> each(ConsulOptions options, int connections) {
    LiveTls tls = new LiveTls(options.tls());
    OwnEndpoint own = new OwnEndpoint(options, OwnAddress::all);
    Map<String, Consul> each = new LinkedHashMap<>();
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
  public Agent agent() {
    return agent;
  }

  @Override
  public Catalog catalog() {
    return this;
  }

  @Override
  public Poll<Snapshot> instances(ServiceQuery query) {
    return catalog.instances(query);
  }

  @Override
  public Poll<CatalogServices> services(CatalogQuery query) {
    return catalog.services(query);
  }

  @Override
  public Poll<Fingerprints> checks() {
    return catalog.checks();
  }

  @Override
  public Poll<Integer> nodes() {
    return catalog.nodes();
  }

  @Override
  public Catalog sharing(int connections) {
    CloseableHttpClient http = HttpStack.forCalls(options, tls, connections);
    clients.add(http);
    return new EcwidCatalog(
        options, () -> BodyClient.sharing(address, http, HttpStack.callBounds(options)));
  }

  @Override
  public void close() {
    clients.forEach(HttpStack::close);
  }
}
