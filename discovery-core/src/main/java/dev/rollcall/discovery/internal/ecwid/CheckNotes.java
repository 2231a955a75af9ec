package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.internal.api.AgentServiceRegistration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the notes of a service's checks say: whose registration it is. Consul keeps them with the
 * checks, shows them to people, and makes nothing of them.
 *
 * @param owner tells one registration from another
 * @param leaving whether the owner is about to remove it
 */
record CheckNotes(String owner, boolean leaving) {

  private static final Pattern TEXT = Pattern.compile("registered by ([0-9a-f]{1,64})(, leaving)?");

  /** Those of a service's checks. */
  static CheckNotes of(AgentServiceRegistration service) {
    return new CheckNotes(service.owner(), service.leaving());
  }

  /** Reads what a check has; empty if it is not this library's. */
  static Optional<CheckNotes> read(String text) {
    Matcher parts = TEXT.matcher(text);
    return parts.matches()
        ? Optional.of(new CheckNotes(parts.group(1), parts.group(2) != null))
        : Optional.empty();
  }

  String text() {
    return "registered by " + owner + (leaving ? ", leaving" : "");
  }
}
