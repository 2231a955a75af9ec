package dev.rollcall.web;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The name of the machine or container that this process runs on. */
final class HostName {

  private static final Path KERNEL = Path.of("/proc/sys/kernel/hostname");

  private HostName() {}

  /**
   * Asks the kernel first, because Java's own way goes on to resolve the name, which can block for
   * as long as a broken resolver likes. Never null, never blank.
   */
  static String current() {
    try {
      String name = Files.readString(KERNEL).strip();
      if (!name.isEmpty()) {
        return name;
      }
    } catch (IOException notLinux) {
      // Only Linux has the file; ask the portable way.
    }
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException unresolvable) {
      return "localhost";
    }
  }
}
