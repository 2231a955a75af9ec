package dev.rollcall.lb.haproxy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What HAProxy writes when it waits for the next command: {@code "> "} a worker, {@code "master> "}
 * a master, {@code "master[ReloadFailed]> "} one whose last reload failed.
 */
final class Prompt {

  private static final Pattern AT_END =
      Pattern.compile("(?:^|\\n)(?:master(?:\\[ReloadFailed])?|\\d{1,10})?> $");
  private static final Pattern ANYWHERE =
      Pattern.compile("(?:^|\\n|(?<=> ))(?:master(?:\\[ReloadFailed])?|\\d{1,10})?> ");
  private static final int LONGEST = 24;

  private Prompt() {}

  /** Cheap and never wrong when it says no: a chunk without it at its end ends no reply. */
  static boolean mayEnd(byte[] chunk, int length) {
    return length == 1 || (chunk[length - 2] == '>' && chunk[length - 1] == ' ');
  }

  /**
   * Cuts what came in answer to several commands at the prompts in it.
   *
   * @param text of replies none of which looks like a prompt
   * @return the replies; empty unless there are as many as prompts and nothing comes after the last
   */
  static Optional<List<String>> split(String text, int prompts) {
    List<String> replies = new ArrayList<>();
    Matcher matcher = ANYWHERE.matcher(text);
    int from = 0;
    while (matcher.find()) {
      replies.add(text.substring(from, matcher.start()).strip());
      from = matcher.end();
    }
    return replies.size() == prompts && from == text.length()
        ? Optional.of(replies)
        : Optional.empty();
  }

  /** Where the prompt at the very end begins; -1 when there is none. */
  static int at(String text) {
    int from = Math.max(0, text.length() - LONGEST);
    Matcher matcher = AT_END.matcher(text).region(from, text.length());
    matcher.useAnchoringBounds(from == 0);
    return matcher.find() ? matcher.start() : -1;
  }
}
