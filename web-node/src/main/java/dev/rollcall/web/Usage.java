package dev.rollcall.web;

import java.util.List;

/** What the command line tells about itself. */
final class Usage {

  private Usage() {}

  /**
   * The answer to the arguments.
   *
   * @throws StartupException if they are not understood
   */
  static String answer(List<String> args) {
    if (args.equals(List.of("--help")) || args.equals(List.of("-h"))) {
      return Resource.text("usage.txt");
    }
    if (args.equals(List.of("--version"))) {
      String version = WebNode.class.getPackage().getImplementationVersion();
      return "web-node " + (version != null ? version : "(not run from its jar)") + "\n";
    }
    String line = String.join(" ", args).replaceAll("\\p{Cntrl}", "?");
    throw new StartupException(
        ExitCode.USAGE,
        "\"%s\" is not understood: settings come from the environment, see --help"
            .formatted(line.length() <= 80 ? line : line.substring(0, 80) + "…"));
  }
}
