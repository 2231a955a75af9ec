package dev.rollcall.discovery.internal.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** The name of this machine or container, without asking DNS where that can be helped. */
public final class LocalHostName {

  private static final Path KERNEL = Path.of("/proc/sys/kernel/hostname");

  private LocalHostName() {}

  /** All of it, as the machine has it; not blank. */
  public static String full() {
    String name = read().strip();
    return name.isEmpty() ? "localhost" : name;
  }

  /** The first label of the host name, in letters that an id may hold. */
  public static String get() {
    return sanitise(full());
  }

  static String sanitise(String name) {
    String label = name.strip().split("\\.", 2)[0].toLowerCase(Locale.ROOT);
    String safe = label.replaceAll("[^a-z0-9-]", "-");
    return safe.isBlank() ? "localhost" : safe.substring(0, Math.min(63, safe.length()));
  }

  private static String read() {
    try {
      return Files.readString(KERNEL);
    } catch (IOException noLinux) {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException unresolved) {
        return "localhost";
      }
    }
  }
}
