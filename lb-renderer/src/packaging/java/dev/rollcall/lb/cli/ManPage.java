package dev.rollcall.lb.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The manual page of a program and its commands in man(7)'s language. */
final class ManPage {
  private final CommandSpec command;
  private final String version;
  private final List<String> lines = new ArrayList<>();

  ManPage(CommandSpec command, String version) {
    this.command = command;
    this.version = version;
  }

  String text() {
    lines.clear();
    String name = command.name();
    lines.add(
        ".TH "
            + quoted(name.toUpperCase(Locale.ROOT))
            + " 1 \"\" "
            + quoted(name + " " + version)
            + " Rollcall");
    section("NAME");
    text(name + " - " + summary());
    section("SYNOPSIS");
    for (String line : command.usageMessage().customSynopsis()) {
      synopsis(line.strip());
    }
    section("DESCRIPTION");
    paragraphs(command.usageMessage().description());
    section("COMMANDS");
    commands().forEach(this::command);
    section("OPTIONS OF EVERY COMMAND");
    commonOptions().forEach(this::option);
    section("SETTINGS AND EXAMPLES");
    paragraphs(command.usageMessage().footer());
    section("EXIT STATUS");
    for (ExitCode code : ExitCode.values()) {
      tagged("\\fB" + code.number() + "\\fR", code.meaning());
    }
    tagged("\\fB127\\fR", "no Java from version 17 on was found (told by the launcher)");
    section("FILES");
    tagged("\\fI/etc/lb-renderer/lb-renderer.env\\fR", "the settings of lb-renderer.service");
    tagged(
        "\\fI/var/lib/lb-renderer/\\fR",
        "the one directory that the service writes to: HAProxy's configuration and its backups");
    tagged(
        "\\fI/usr/share/lb-renderer/\\fR",
        "the built-in template, and systemd's drop-ins for both ways to run HAProxy");
    section("SEE ALSO");
    lines.add(".BR haproxy (1),");
    lines.add(".BR consul (1),");
    lines.add(".BR systemctl (1)");
    return String.join("\n", lines) + "\n";
  }

  /** What the description begins with, up to its colon, as the name's line wants it. */
  private String summary() {
    String first =
        plain(
            Stream.of(command.usageMessage().description())
                .filter(text -> !text.isBlank())
                .findFirst()
                .orElseThrow());
    String clause = first.substring(0, first.indexOf(':'));
    return clause.substring(0, 1).toLowerCase(Locale.ROOT) + clause.substring(1);
  }

  private void synopsis(String line) {
    lines.add(".B " + escaped(command.name()));
    text(line.substring(command.name().length()).strip());
    lines.add(".br");
  }

  private List<CommandSpec> commands() {
    return command.subcommands().values().stream().map(CommandLine::getCommandSpec).toList();
  }

  /** Those that every command has. */
  private List<OptionSpec> commonOptions() {
    return commands().get(0).options().stream()
        .filter(
            option ->
                commands().stream().allMatch(each -> each.optionsMap().containsKey(name(option))))
        .toList();
  }

  /** A command, and those of its options that no command before it has. */
  private void command(CommandSpec each) {
    lines.add(".SS " + quoted(each.name()));
    paragraphs(each.usageMessage().description());
    Set<String> common = commonOptions().stream().map(ManPage::name).collect(Collectors.toSet());
    Map<String, List<String>> told = new LinkedHashMap<>();
    for (OptionSpec option : each.options()) {
      Optional<CommandSpec> before =
          commands().stream()
              .takeWhile(other -> !other.equals(each))
              .filter(other -> sameIn(other, option))
              .findFirst();
      if (before.isPresent()) {
        told.computeIfAbsent(before.get().name(), name -> new ArrayList<>()).add(name(option));
      } else if (!common.contains(name(option))) {
        option(option);
      }
    }
    told.forEach(
        (where, names) -> {
          names.removeAll(common);
          if (!names.isEmpty()) {
            lines.add(".PP");
            text("As for " + where + ": " + String.join(", ", names));
          }
        });
  }

  private static boolean sameIn(CommandSpec other, OptionSpec option) {
    OptionSpec found = other.findOption(name(option));
    return found != null && List.of(found.description()).equals(List.of(option.description()));
  }

  private static String name(OptionSpec option) {
    return option.longestName();
  }

  private void option(OptionSpec option) {
    String names =
        Stream.of(option.names())
            .map(name -> "\\fB" + escaped(name) + "\\fR")
            .collect(Collectors.joining(", "));
    String value = option.arity().max() > 0 ? " \\fI" + escaped(option.paramLabel()) + "\\fR" : "";
    tagged(names + value, String.join(" ", option.description()));
  }

  private void section(String title) {
    lines.add(".SH " + quoted(title));
  }

  private void tagged(String tag, String text) {
    lines.add(".TP");
    lines.add(tag);
    text(text);
  }

  /** Lines that are set in are examples; an empty one parts paragraphs. */
  private void paragraphs(String[] texts) {
    boolean example = false;
    for (String text : texts) {
      boolean setIn = text.startsWith("  ");
      if (setIn != example) {
        lines.add(setIn ? ".EX" : ".EE");
        example = setIn;
      }
      if (text.isBlank()) {
        lines.add(".PP");
      } else {
        text(text);
      }
    }
    if (example) {
      lines.add(".EE");
    }
  }

  private void text(String text) {
    String line = escaped(plain(text));
    // At the start of a line these two would begin a request.
    lines.add(line.startsWith(".") || line.startsWith("'") ? "\\&" + line : line);
  }

  /** As the help shows it, for which a per cent sign is written twice; a default's is not. */
  private static String plain(String text) {
    return Help.Ansi.OFF.string(text.replace("%%", "%"));
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\e").replace("-", "\\-");
  }

  private static String quoted(String text) {
    return '"' + escaped(text).replace("\"", "\\(dq") + '"';
  }
}
