package dev.rollcall.lb.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What every command takes. */
@Command(
    sortOptions = false,
    usageHelpWidth = 100,
    versionProvider = RootCommand.Version.class,
    optionListHeading = "%nOptions:%n",
    footer = {"", "Environment, files of arguments and exit codes: lb-renderer --help"})
final class CommonOptions {
  @Option(
      names = "--log-level",
      order = 100,
      paramLabel = "LEVEL",
      defaultValue = "info",
      description = "error, warn, info, debug, trace or off. Default: ${DEFAULT-VALUE}")
  String logLevel = "";

  @Option(
      names = "--log-format",
      order = 101,
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "text, or json: one object a line. Default: ${DEFAULT-VALUE}")
  String logFormat = "";

  @Option(
      names = {"-h", "--help"},
      order = 102,
      usageHelp = true,
      description = "Show this and exit.")
  boolean help;

  @Option(
      names = {"-V", "--version"},
      order = 103,
      versionHelp = true,
      description = "Show the version and exit.")
  boolean version;
}
