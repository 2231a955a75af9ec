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
import dev.rollcall.discovery.internal.tls.LiveTls;
import org.apache.http.client.HttpClient;
import org.apache.http.impl.client.CloseableHttpClient;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Consul through consul-api. Registrations have a small pool of connections and each watched query
 * has a client of its own: watches cannot starve heartbeats, and closing a watch's client ends its
 * query at once, which nothing else does.
 */
public final class EcwidConsul implements Consul, Catalog {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");

  private final ConsulOptions options;
  private final LiveTls tls;
  private final CloseableHttpClient control;
  private final Agent agent;

  /**
   * Makes ready to speak with Consul. Does no I/O yet.
   *
   * @param connections how many calls for registrations may be under way at once
   */
  public EcwidConsul(ConsulOptions options, int connections) {
    this.options = options;
    tls = new LiveTls(options.tls());
    if (!options.tls().verify()) {
      log.warn("Consul at {}: its certificate is not checked, as asked for", options.address());
    }
    control = HttpStack.forCalls(options, tls, connections);
    AgentAddress address = AgentAddress.of(options.address());
    agent = new EcwidAgent(raw(address, control), new LocalAddress(address));
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
    return new EcwidPoll<>(options, tls, new Question.Instances(query));
  }

  @Override
  public Poll<CatalogServices> services(CatalogQuery query) {
    return new EcwidPoll<>(options, tls, new Question.Services(query));
  }

  @Override
  public void close() {
    HttpStack.close(control);
  }
}
