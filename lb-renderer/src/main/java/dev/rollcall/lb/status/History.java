package dev.rollcall.lb.status;

import java.util.ArrayList;
import java.util.List;

/**
 * The last changes, the oldest first: {@value #MOST} at most. Immutable.
 *
 * @param latest the number of the last change; 0 before the first
 * @param changes those that are remembered
 */
public record History(long latest, List<Change> changes) {
  static final int MOST = 200;

  /** Of nothing. */
  static final History EMPTY = new History(0, List.of());

  /** Copies the list. */
  public History {
    changes = List.copyOf(changes);
  }

  /** With one more, which takes the place of the last if it says the same once more. */
  History with(Change change) {
    List<Change> kept = new ArrayList<>(changes);
    if (!kept.isEmpty() && change.repeats(kept.get(kept.size() - 1))) {
      kept.add(change.after(kept.remove(kept.size() - 1)));
      return new History(latest, kept);
    }
    kept.add(change.numbered(latest + 1));
    return new History(latest + 1, newest(kept, MOST));
  }

  History with(List<Change> more) {
    History grown = this;
    for (Change change : more) {
      grown = grown.with(change);
    }
    return grown;
  }

  /** The last few alone. */
  History newest(int most) {
    return new History(latest, newest(changes, most));
  }

  private static List<Change> newest(List<Change> changes, int most) {
    return changes.subList(Math.max(0, changes.size() - most), changes.size());
  }
}
