package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.v1.ConsulRawClient;
import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.Agent;
import dev.rollcall.discovery.internal.Catalog;
import dev.rollcall.discovery.internal.Consul;
import java.net.URI;
import org.apache.http.client.HttpClient;
import org.apache.http.impl.client.CloseableHttpClient;

/**
 * Consul through consul-api. Registrations have a small pool of connections and each watched query
 * has a client of its own: watches cannot starve heartbeats, and closing a watch's client ends its
 * query at once, which nothing else does.
 */
public final class EcwidConsul implements Consul, Catalog {

  private final ConsulOptions options;
  private final CloseableHttpClient control;
  private final Agent agent;

  /**
   * Makes ready to speak with Consul. Does no I/O yet.
   *
   * @param connections how many calls for registrations may be under way at once
   */
  public EcwidConsul(ConsulOptions options, int connections) {
    this.options = options;
    control = HttpStack.forCalls(options, connections);
    agent = new EcwidAgent(raw(options.address(), control), new LocalAddress(options.address()));
  }

  static ConsulRawClient raw(URI address, HttpClient http) {
    String path = address.getPath().replaceAll("^/+|/+$", "");
    return new ConsulRawClient(
        http, address.getScheme() + "://" + address.getHost(), port(address), path);
  }

  private static int port(URI address) {
    if (address.getPort() > 0) {
      return address.getPort();
    }
    return "https".equalsIgnoreCase(address.getScheme()) ? 443 : 80;
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
    return new EcwidPoll<>(options, new Question.Instances(query));
  }

  @Override
  public Poll<CatalogServices> services(CatalogQuery query) {
    return new EcwidPoll<>(options, new Question.Services(query));
  }

  @Override
  public void close() {
    HttpStack.close(control);
  }
}
