package dev.rollcall.lb.config;

import java.util.Comparator;

/**
 * Where a server stands: its backend and its name there. Both are such that they are one word of a
 * command and nothing else. Immutable.
 *
 * @param backend name of the backend or listen section
 * @param server unique within it
 */
public record ServerName(String backend, String server) implements Comparable<ServerName> {

  private static final int LONGEST = 128;
  private static final Comparator<ServerName> ORDER =
      Comparator.comparing(ServerName::backend).thenComparing(ServerName::server);

  /**
   * Checks both.
   *
   * @throws IllegalArgumentException when one has a character that HAProxy has not in names, or is
   *     longer than 128
   */
  public ServerName {
    if (!legal(backend)) {
      throw new IllegalArgumentException("no name of a backend: " + PrintableText.quoted(backend));
    }
    if (!legal(server)) {
      throw new IllegalArgumentException("no name of a server: " + PrintableText.quoted(server));
    }
  }

  /** Whether it has up to 128 characters, and HAProxy has all of them in names. */
  public static boolean legal(String name) {
    if (name.isEmpty() || name.length() > LONGEST) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      char one = name.charAt(i);
      boolean inNames =
          (one >= 'a' && one <= 'z')
              || (one >= '0' && one <= ':')
              || (one >= 'A' && one <= 'Z')
              || one == '-'
              || one == '.'
              || one == '_';
      if (!inNames) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int compareTo(ServerName other) {
    return ORDER.compare(this, other);
  }

  /** As commands write it, such as {@code be_web/web-1}. */
  @Override
  public String toString() {
    return backend + "/" + server;
  }
}
