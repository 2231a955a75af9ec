package dev.rollcall.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The files of the project as tests of its pages read them, from whatever module they run in. */
public final class Pages {

  private static final Pattern JAVA =
      Pattern.compile("^```java\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

  private Pages() {}

  /**
   * {@return a file of the project}
   *
   * @param file from the root of the sources on
   * @throws IllegalStateException if the tests run outside of the sources
   */
  public static Path fromRoot(Path file) {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.exists(at.resolve(file))) {
        return at.resolve(file);
      }
    }
    throw new IllegalStateException("no " + file + " here or above");
  }

  /**
   * {@return the text of a file}
   *
   * @param file in UTF-8
   * @throws UncheckedIOException if it cannot be read
   */
  public static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * {@return the blocks of Java in a page, in their order}
   *
   * @param page the text of the page
   */
  public static List<String> javaBlocks(String page) {
    return JAVA.matcher(page).results().map(found -> found.group(1)).toList();
  }

  /**
   * {@return whether the lines of a block stand in a source, one after the other, however deep they
   * are indented}
   *
   * @param source the text of a file
   * @param block some lines of code
   */
  public static boolean holds(String source, String block) {
    return flat(source).contains(flat(block));
  }

  private static String flat(String code) {
    return code.lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .collect(Collectors.joining("\n", "\n", "\n"));
  }
}
