package dev.rollcall.discovery.internal.ecwid;

import org.apache.http.Header;
import org.apache.http.HttpResponse;
import org.apache.http.HttpResponseInterceptor;
import org.apache.http.protocol.HttpContext;

/**
 * Whether the last answer over a connection lacks what the token may not see, as Consul says from
 * 1.11 on in a header that consul-api does not pass on. For one thread at a time.
 *
 * @see <a
 *     href="https://developer.hashicorp.com/consul/api-docs/api-structure#results-filtered-by-acls">Results
 *     filtered by ACLs</a>
 */
final class FilteredByAcls implements HttpResponseInterceptor {

  private volatile boolean last;

  @Override
  public void process(HttpResponse response, HttpContext context) {
    Header header = response.getFirstHeader("X-Consul-Results-Filtered-By-ACLs");
    last = header != null && "true".equalsIgnoreCase(header.getValue());
  }

  boolean last() {
    return last;
  }
}
