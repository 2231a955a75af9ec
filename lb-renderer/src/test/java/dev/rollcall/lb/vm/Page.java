package dev.rollcall.lb.vm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A page of the documentation whose commands are run as they are written. */
record Page(String text) {
  private static final Pattern COMMANDS = Pattern.compile("(?ms)^```sh\n(.*?)^```$");

  /** The page of that name in {@code docs/}. */
  static Page named(String name) throws IOException {
    return new Page(Files.readString(Path.of("../docs", name)));
  }

  /** The blocks of commands below a heading, in their order. */
  List<String> commands(String heading) {
    Matcher section =
        Pattern.compile("(?ms)^## " + Pattern.quote(heading) + "$(.*?)(?=^## |\\z)").matcher(text);
    if (!section.find()) {
      throw new NoSuchElementException(heading);
    }
    return COMMANDS.matcher(section.group(1)).results().map(block -> block.group(1)).toList();
  }

  /** The same page about something else. */
  Page with(String said, String meant) {
    return new Page(text.replace(said, meant));
  }
}
