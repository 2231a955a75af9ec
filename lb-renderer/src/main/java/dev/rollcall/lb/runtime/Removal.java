package dev.rollcall.lb.runtime;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes drained servers out, each as soon as it is idle: maintenance, then deletion. Maintenance
 * first would leave requests in flight on a server that is then deleted at an unknown time; so a
 * server waits in drain until it has none, or until its time is over. Never waits itself.
 */
final class Removal {

  private static final Logger log = LoggerFactory.getLogger(Removal.class);

  private final Dialogue dialogue;
  private final Map<String, StatTable> tables = new HashMap<>();

  Removal(Dialogue dialogue) {
    this.dialogue = dialogue;
  }

  /**
   * Deletes what can be deleted now.
   *
   * @param servers in drain, or in maintenance already
   * @return those that are not gone
   */
  Set<ServerName> deleteIdle(Collection<Leaving> servers) throws RuntimeApiException, NotAtRunTime {
    Set<ServerName> left = new LinkedHashSet<>();
    for (Leaving leaving : servers) {
      if (!isGone(leaving)) {
        left.add(leaving.name());
      }
    }
    return left;
  }

  private boolean isGone(Leaving leaving) throws RuntimeApiException, NotAtRunTime {
    ServerName name = leaving.name();
    Optional<Long> sessions = table(name.backend()).sessions(name);
    if (sessions.isEmpty()) {
      // With a reload or a restart, which read a file that has it no more.
      return true;
    }
    if (sessions.get() > 0 && !leaving.overdue()) {
      return false;
    }
    dialogue.run(ServerCommands.maintenance(name));
    if (!dialogue.tryToRun(ServerCommands.delete(name))) {
      return false;
    }
    log.info("{} left", name);
    return true;
  }

  private StatTable table(String backend) throws RuntimeApiException {
    StatTable table = tables.get(backend);
    if (table == null) {
      table = dialogue.servers(backend);
      tables.put(backend, table);
    }
    return table;
  }
}
