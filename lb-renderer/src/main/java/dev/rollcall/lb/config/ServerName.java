package dev.rollcall.lb.config;

import java.util.Comparator;
import java.util.regex.Pattern;

/**
 * Where a server stands: its backend and its name there. Both are such that they are one word of a
 * command and nothing else. Immutable.
 *
 * @param backend name of the backend or listen section
 * @param server unique within it
 */
public record ServerName(String backend, String server) implements Comparable<ServerName> {

  private static final Pattern LEGAL = Pattern.compile("[A-Za-z0-9_.:-]{1,128}");
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

  public static boolean legal(String name) {
    return LEGAL.matcher(name).matches();
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
