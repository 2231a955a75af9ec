package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.SingleUrlParameters;
import com.ecwid.consul.UrlParameters;
import com.ecwid.consul.transport.HttpResponse;
import com.ecwid.consul.v1.ConsulRawClient;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.internal.Answer;
import dev.rollcall.discovery.internal.Catalog.Page;
import dev.rollcall.discovery.internal.Catalog.Poll;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.apache.http.impl.client.CloseableHttpClient;

/**
 * A blocking query for the instances of a service, over a connection of its own.
 *
 * @see <a
 *     href="https://developer.hashicorp.com/consul/api-docs/health#list-service-instances-for-service">List
 *     service instances</a>
 */
final class EcwidPoll implements Poll {

  private final ServiceQuery query;
  private final String wait;
  private final CloseableHttpClient http;
  private final ConsulRawClient raw;

  EcwidPoll(ConsulOptions options, ServiceQuery query) {
    this.query = query;
    wait = options.waitTime().toMillis() + "ms";
    http = HttpStack.forPolling(options);
    raw = EcwidConsul.raw(options.address(), http);
  }

  @Override
  public Answer<Page> next(OptionalLong index) {
    List<UrlParameters> parameters = new ArrayList<>();
    parameters.add(new SingleUrlParameters("passing"));
    index.ifPresent(
        known -> {
          parameters.add(new SingleUrlParameters("index", Long.toUnsignedString(known)));
          parameters.add(new SingleUrlParameters("wait", wait));
        });
    return Call.make(
        "query " + query.service(),
        () -> raw.makeGetRequest("/v1/health/service/" + query.service(), parameters),
        this::page);
  }

  private Page page(HttpResponse response) {
    Long index = response.getConsulIndex();
    HealthJson.Reading reading = HealthJson.read(response.getContent());
    return new Page(reading.instances(), reading.leftOut(), index == null ? 0 : index);
  }

  @Override
  public void close() {
    HttpStack.close(http);
  }
}
