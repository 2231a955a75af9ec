package dev.rollcall.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.samskivert.mustache.Mustache;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.eclipse.jetty.http.QuotedQualityCSV;
import org.eclipse.jetty.http.QuotedQualityCSV.QualityValue;

/**
 * Answers {@code /} with the host's name: one line for a terminal, a page for a browser. Rendered
 * once, since nothing on it changes while the node lives. Immutable and thread-safe.
 */
final class HostPage {

  private final byte[] line;
  private final byte[] html;
  private final String contentSecurityPolicy;

  HostPage(String host, String service, String instance) throws GeneralSecurityException {
    String style = resource("host-page.css");
    Map<String, String> values =
        Map.of("host", host, "service", service, "instance", instance, "style", style);
    String page = Mustache.compiler().compile(resource("host-page.mustache")).execute(values);
    line = line(host).getBytes(UTF_8);
    html = page.getBytes(UTF_8);
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(style.getBytes(UTF_8));
    String csp =
        "default-src 'none'; img-src data:; style-src 'sha256-%s'; base-uri 'none'; form-action"
            + " 'none'; frame-ancestors 'none'";
    contentSecurityPolicy = csp.formatted(Base64.getEncoder().encodeToString(hash));
  }

  /** Adds the page's routes; HEAD answers with the same headers as GET. */
  void addTo(RoutesConfig routes) {
    routes.get("/", this::answer);
    routes.head("/", this::answer);
  }

  /** The host's name as one line of plain text, whatever the name holds. */
  static String line(String host) {
    return host.replaceAll("\\p{Cntrl}", "?") + "\n";
  }

  /** Past Javalin's result, which costs 32 KiB a request and waits for clients that read slowly. */
  private void answer(Context ctx) throws IOException {
    boolean isHtml = prefersHtml(Collections.list(ctx.req().getHeaders("Accept")));
    ctx.header("Vary", "Accept").contentType(isHtml ? "text/html;charset=utf-8" : NodeServer.PLAIN);
    if (isHtml) {
      ctx.header("Content-Security-Policy", contentSecurityPolicy);
    }
    ctx.res().getOutputStream().write(isHtml ? html : line);
  }

  /** Whether a client wants HTML more than plain text; not if it likes both the same, as curl. */
  static boolean prefersHtml(List<String> accept) {
    QuotedQualityCSV ranges = new QuotedQualityCSV();
    try {
      accept.forEach(ranges::addValue);
    } catch (IllegalArgumentException garbled) {
      return false;
    }
    return weight(ranges, "text/html") > weight(ranges, "text/plain");
  }

  /** The weight of the most specific range that covers the type (RFC 9110); 0 if none does. */
  private static double weight(QuotedQualityCSV accept, String type) {
    for (String range : List.of(type, "text/*", "*/*")) {
      double weight = -1;
      for (QualityValue each : accept.getQualityValues()) {
        // Jetty takes any number for a weight, which is at most 1, with three decimals.
        if (each.getValue().split(";", 2)[0].strip().equalsIgnoreCase(range)
            && each.getWeight() <= 1
            && BigDecimal.valueOf(each.getWeight()).scale() <= 3) {
          weight = Math.max(weight, each.getWeight());
        }
      }
      if (weight >= 0) {
        return weight;
      }
    }
    return 0;
  }

  /** A text that is shipped within the jar, beside this class. */
  static String resource(String name) {
    try (InputStream in = HostPage.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
