package dev.rollcall.web;

import com.samskivert.mustache.Mustache;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Header;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Map;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.server.Request;

/**
 * Answers {@code /} with the host's name: one line for a terminal, a page for a browser. Rendered
 * once, since nothing on it changes while the node lives. Immutable and thread-safe.
 */
final class HostPage {

  private final byte[] line;
  private final byte[] html;
  private final String contentSecurityPolicy;

  /**
   * Renders both forms; every value is escaped on the page.
   *
   * @param host the node's host name
   * @param service the name of the service that the node belongs to
   * @param instance the id of this instance in the registry
   */
  HostPage(String host, String service, String instance) {
    String style = Resource.text("host-page.css");
    this.line = line(host).getBytes(StandardCharsets.UTF_8);
    this.html =
        Mustache.compiler()
            .compile(Resource.text("host-page.mustache"))
            .execute(Map.of("host", host, "service", service, "instance", instance, "style", style))
            .getBytes(StandardCharsets.UTF_8);
    this.contentSecurityPolicy =
        "default-src 'none'; img-src data:; style-src 'sha256-"
            + sha256(style)
            + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  }

  /** Adds the page's routes; HEAD answers with the same headers as GET. */
  void addTo(RoutesConfig routes) {
    routes.get("/", this::answer);
    routes.head("/", this::answer);
  }

  /**
   * Whether the page answers this request, and nothing else does: not what stands behind a path
   * that only means the same, and no refusal of another method that a header may ask Javalin for.
   * What it answers fits in the buffer of an answer, which Jetty sends without waiting for it.
   */
  static boolean answers(Request request) {
    return "/".equals(request.getHttpURI().getPath())
        && (HttpMethod.GET.is(request.getMethod()) || HttpMethod.HEAD.is(request.getMethod()))
        && !request.getHeaders().contains(Header.X_HTTP_METHOD_OVERRIDE);
  }

  /** The host's name as one line of plain text, whatever the name holds. */
  static String line(String host) {
    return host.replaceAll("\\p{Cntrl}", "?") + "\n";
  }

  private void answer(Context ctx) throws IOException {
    ctx.header("Vary", "Accept");
    Enumeration<String> accept = ctx.req().getHeaders("Accept");
    if (accept.hasMoreElements()
        && Accept.parse(String.join(",", Collections.list(accept))).prefersHtml()) {
      ctx.header("Content-Security-Policy", contentSecurityPolicy);
      send(ctx.contentType("text/html;charset=utf-8"), html);
    } else {
      send(ctx.contentType(NodeServer.PLAIN), line);
    }
  }

  /**
   * Past Javalin's result, whose copying costs a buffer of 32 KiB for each request, and which waits
   * at its end until a client that reads slowly has taken it.
   */
  private static void send(Context ctx, byte[] body) throws IOException {
    ctx.res().getOutputStream().write(body);
  }

  private static String sha256(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
