package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.ServerName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes drained servers out, each as soon as it is idle: maintenance, then deletion. Maintenance
 * first would leave requests in flight on a server that is then deleted at an unknown time; so a
 * server waits in drain until it has none, or until its time is over. Never waits itself.
 */
final class ServerRemover {

  private static final Logger log = LoggerFactory.getLogger(ServerRemover.class);

  private final CheckedSession dialogue;
  private final Map<String, Optional<StatTable>> tables = new HashMap<>();

  ServerRemover(CheckedSession dialogue) {
    this.dialogue = dialogue;
  }

  /**
   * Deletes what can be deleted now.
   *
   * @param servers in drain, or in maintenance already
   * @return those that are not gone
   */
  Set<ServerName> deleteIdle(Collection<DrainingServer> servers)
      throws RuntimeApiException, ReloadRequiredException {
    Set<ServerName> left = new LinkedHashSet<>();
    List<ServerName> deletable = new ArrayList<>();
    for (DrainingServer leaving : servers) {
      ServerName name = leaving.name();
      Optional<StatTable> table = table(name.backend());
      Optional<Long> sessions = table.isEmpty() ? Optional.empty() : table.get().sessions(name);
      if (sessions.isEmpty()) {
        // Gone with a reload or a restart, which read a file that has it no more.
        continue;
      }
      left.add(name);
      if (sessions.get() == 0 || leaving.overdue()) {
        deletable.add(name);
      }
    }
    List<Boolean> done =
        dialogue.run(
            deletable.stream()
                .flatMap(
                    name ->
                        Stream.of(ServerCommands.maintenance(name), ServerCommands.delete(name)))
                .toList());
    for (int at = 0; at < deletable.size(); at++) {
      if (done.get(2 * at + 1)) {
        log.info("{} left", deletable.get(at));
        left.remove(deletable.get(at));
      }
    }
    return left;
  }

  private Optional<StatTable> table(String backend) throws RuntimeApiException {
    Optional<StatTable> table = tables.get(backend);
    if (table == null) {
      table = dialogue.servers(backend);
      tables.put(backend, table);
    }
    return table;
  }
}
