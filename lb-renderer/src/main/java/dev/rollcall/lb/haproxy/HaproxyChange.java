package dev.rollcall.lb.haproxy;

import java.util.List;

/**
 * A change of a running HAProxy, with the commands that make it. Immutable.
 *
 * @see <a href="https://docs.haproxy.org/3.2/management.html#9.3">Management guide, 9.3</a>
 */
public sealed interface HaproxyChange permits ServerChange, BackendChange, MapChange {

  /** What it is about, such as {@code be_web/web-1} or {@code backend be_web}. */
  String subject();

  /** The commands, in order. */
  List<RuntimeCommand> commands();

  /** For the log, such as {@code has weight 3}. */
  String description();
}
