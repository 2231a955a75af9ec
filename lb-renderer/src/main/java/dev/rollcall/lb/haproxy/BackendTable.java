package dev.rollcall.lb.haproxy;

import java.util.Map;

/**
 * The backend and listen sections that a worker has. Immutable.
 *
 * @param worker process id of the worker in its own namespace
 * @param rows by name
 */
public record BackendTable(long worker, Map<String, Row> rows) {

  /** Copies the map. */
  public BackendTable {
    rows = Map.copyOf(rows);
  }

  /**
   * One of them.
   *
   * @param published whether rules reach it by name; always, before HAProxy 3.4
   * @param sessions its current and its queued ones, also those that no server has yet
   */
  public record Row(boolean published, long sessions) {}
}
