package dev.rollcall.lb.status;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a running lb-renderer said of itself. Immutable. */
public final class StatusReport {
  private final boolean ready;
  private final String readiness;
  private final String json;
  private final JsonObject document;

  StatusReport(boolean ready, String readiness, String json, JsonObject document) {
    this.ready = ready;
    this.readiness = readiness;
    this.json = json;
    this.document = document;
  }

  /** Whether the last configuration is in use. */
  public boolean ready() {
    return ready;
  }

  /** What {@code /status} answered. */
  public String json() {
    return json;
  }

  /** For people: a few lines, and one for each instance. Nothing in it can steer a terminal. */
  public String summary() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "lb-renderer "
            + text(document, "version")
            + ", "
            + (ready ? "ready" : "not ready: " + readiness));
    lines.add("HAProxy     " + haproxy(object(document, "haproxy")));
    JsonObject template = object(document, "template");
    lines.add("template    " + text(template, "name") + ", read " + text(template, "readAt"));
    JsonObject apply = object(document, "lastApply");
    lines.add(
        "last apply  "
            + (apply.size() == 0
                ? "none yet"
                : text(apply, "kind")
                    + ": "
                    + text(apply, "reason")
                    + " ("
                    + text(apply, "seconds")
                    + " s, "
                    + text(apply, "at")
                    + ")"));
    lines.add("applied     " + counts(object(document, "applies")));
    elements(document, "services").forEach(service -> addService(service, lines));
    elements(object(document, "haproxy"), "orders").forEach(order -> addOrder(order, lines));
    elements(document, "problems").forEach(problem -> lines.add("problem     " + plain(problem)));
    return String.join("\n", lines.stream().map(StatusReport::printable).toList()) + "\n";
  }

  private static String haproxy(JsonObject haproxy) {
    if (text(haproxy, "mode").equals("file-only")) {
      return "none: the file alone is written";
    }
    return String.format(
        Locale.ROOT,
        "%s, %s, version %s, worker %s, up %s s, reloads %s, old workers %s",
        text(haproxy, "mode"),
        text(haproxy, "running").equals("true") ? "running" : "not running",
        text(haproxy, "version"),
        text(haproxy, "workerPid"),
        text(haproxy, "uptimeSeconds"),
        text(haproxy, "reloads"),
        text(haproxy, "oldWorkers"));
  }

  private static String counts(JsonObject applies) {
    return String.join(
        ", ",
        applies.entrySet().stream()
            .map(count -> count.getKey() + " " + plain(count.getValue()))
            .toList());
  }

  private static void addService(JsonElement element, List<String> lines) {
    JsonObject service = element.isJsonObject() ? element.getAsJsonObject() : new JsonObject();
    List<JsonElement> instances = elements(service, "instances");
    int count = instances.size() + number(service, "unlisted");
    lines.add(
        "service     "
            + text(service, "name")
            + ": "
            + count
            + (count == 1 ? " instance" : " instances")
            + (text(service, "answered").equals("false")
                ? ", Consul has not answered for it"
                : ", confirmed " + text(service, "ageSeconds") + " s ago")
            + (text(service, "stale").equals("true") ? ", may be out of date" : ""));
    for (JsonElement each : instances) {
      JsonObject instance = each.isJsonObject() ? each.getAsJsonObject() : new JsonObject();
      String refused = text(instance, "refused");
      String ignored = text(instance, "ignored");
      lines.add(
          String.format(
              Locale.ROOT,
              "  %-20s %s:%s weight %s on %s%s%s",
              text(instance, "id"),
              text(instance, "address"),
              text(instance, "port"),
              text(instance, "weight"),
              text(instance, "node"),
              refused.equals("-") ? "" : ", left out: " + refused,
              ignored.equals("-") ? "" : ", ignored: " + ignored));
    }
    elements(service, "unusable").forEach(each -> lines.add("  left out: " + plain(each)));
  }

  private static void addOrder(JsonElement element, List<String> lines) {
    JsonObject order = element.isJsonObject() ? element.getAsJsonObject() : new JsonObject();
    lines.add(
        "by hand     "
            + text(order, "server")
            + ": "
            + text(order, "order")
            + ", for "
            + text(order, "ageSeconds")
            + " s");
  }

  private static JsonObject object(JsonObject parent, String name) {
    JsonElement found = parent.get(name);
    return found != null && found.isJsonObject() ? found.getAsJsonObject() : new JsonObject();
  }

  private static List<JsonElement> elements(JsonObject parent, String name) {
    JsonElement found = parent.get(name);
    return found != null && found.isJsonArray() ? found.getAsJsonArray().asList() : List.of();
  }

  private static String text(JsonObject parent, String name) {
    JsonElement found = parent.get(name);
    return found == null ? "-" : plain(found);
  }

  private static int number(JsonObject parent, String name) {
    try {
      return Integer.parseInt(text(parent, name));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static String plain(JsonElement value) {
    if (value.isJsonPrimitive()) {
      return value.getAsString();
    }
    return value.isJsonNull() ? "-" : value.toString();
  }

  private static String printable(String line) {
    return line.replaceAll("\\p{C}", "?");
  }
}
