package dev.rollcall.lb.haproxy;

import java.util.ArrayList;
import java.util.List;

/**
 * What somebody ordered of a server: the bits of {@code srv_admin_state}. Immutable.
 *
 * @param bits as HAProxy tells them
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3-show%20servers%20state">Management
 *     guide, show servers state</a>
 */
public record AdminState(int bits) {

  private static final int FORCED_MAINT = 0x01;
  private static final int INHERITED_MAINT = 0x02;
  private static final int CONFIGURED_MAINT = 0x04;
  private static final int FORCED_DRAIN = 0x08;
  private static final int INHERITED_DRAIN = 0x10;
  private static final int UNRESOLVED_MAINT = 0x20;

  /** Ordered out of all traffic by a command; the bit of the configuration stays set for ever. */
  public boolean maintenance() {
    return any(FORCED_MAINT);
  }

  /** Ordered to take no new traffic. */
  public boolean draining() {
    return any(FORCED_DRAIN);
  }

  /** Whether its configuration has it {@code disabled}; stays so when somebody enabled it. */
  public boolean configuredMaintenance() {
    return any(CONFIGURED_MAINT);
  }

  /** In words, such as {@code maintenance}. */
  public String description() {
    List<String> words = new ArrayList<>();
    if (any(FORCED_MAINT | INHERITED_MAINT)) {
      words.add("maintenance");
    }
    if (any(FORCED_DRAIN | INHERITED_DRAIN)) {
      words.add("drain");
    }
    if (any(UNRESOLVED_MAINT)) {
      words.add("without an address");
    }
    if (words.isEmpty()) {
      words.add(any(CONFIGURED_MAINT) ? "ready, disabled in its configuration" : "ready");
    }
    return String.join(" and ", words);
  }

  private boolean any(int mask) {
    return (bits & mask) != 0;
  }
}
