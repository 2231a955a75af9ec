package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.SingleUrlParameters;
import com.ecwid.consul.UrlParameters;
import com.ecwid.consul.transport.HttpResponse;
import com.ecwid.consul.v1.ConsulRawClient;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.internal.AgentAddress;
import dev.rollcall.discovery.internal.Answer;
import dev.rollcall.discovery.internal.Catalog.Page;
import dev.rollcall.discovery.internal.Catalog.Poll;
import dev.rollcall.discovery.internal.tls.LiveTls;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.apache.http.impl.client.CloseableHttpClient;

/** A blocking query over a connection of its own. */
final class EcwidPoll<S> implements Poll<S> {

  private final Question<S> question;
  private final String wait;
  private final CloseableHttpClient http;
  private final ConsulRawClient raw;

  EcwidPoll(ConsulOptions options, AgentAddress address, LiveTls tls, Question<S> question) {
    this.question = question;
    wait = options.waitTime().toMillis() + "ms";
    http = HttpStack.forPolling(options, tls);
    raw = EcwidConsul.raw(address, http);
  }

  @Override
  public Answer<Page<S>> next(OptionalLong index) {
    List<UrlParameters> parameters = new ArrayList<>(question.parameters(false));
    index.ifPresent(
        known -> {
          parameters.add(new SingleUrlParameters("index", Long.toUnsignedString(known)));
          parameters.add(new SingleUrlParameters("wait", wait));
        });
    return get(parameters);
  }

  @Override
  public Answer<Page<S>> confirm() {
    return get(question.parameters(true));
  }

  private Answer<Page<S>> get(List<UrlParameters> parameters) {
    return Call.make(
        question.name(), () -> raw.makeGetRequest(question.path(), parameters), this::page);
  }

  private Page<S> page(HttpResponse response) {
    Long index = response.getConsulIndex();
    return question.read(response.getContent(), index == null ? 0 : index);
  }

  @Override
  public void close() {
    HttpStack.close(http);
  }
}
