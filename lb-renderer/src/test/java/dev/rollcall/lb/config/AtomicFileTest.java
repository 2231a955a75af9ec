package dev.rollcall.lb.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AtomicFileTest {

  private record Name(String getName) implements GroupPrincipal {

    @Override
    public String getName() {
      return getName;
    }
  }

  /** HAProxy is whoever could read the file before. */
  @ParameterizedTest(name = "{0} in place of {1}: {2}")
  @CsvSource({
    "me:web rw-r-----, me:web rw-r-----, true",
    "me:web rw-r-----, ha:web rw-r-----, false", // its owner could read it and now may not
    "me:web rw-r--r--, ha:web rw-r--r--, true",
    "me:me  rw-r-----, me:web rw-r-----, false", // its group could
    "me:me  rw-r--r--, me:web rw-r-----, true",
    "me:web rw-r-----, me:web rw-r--r--, false", // everybody could
    "me:web rw-------, me:web rw-r-----, false",
    "me:web rw-r-----, me:web rw-------, true",
    "me:web rw-r-----, ha:web -w-r-----, true", // its owner could not read it before
    "me:web rw-r-----, -:-    rw-r-----, true" // there was no file
  })
  void newFileIncludesReadersOfTheOldOne(String now, String before, boolean lets) {
    assertThat(permissions(now).includesReadersOf(permissions(before))).isEqualTo(lets);
  }

  private static AtomicFile.Permissions permissions(String text) {
    String[] words = text.strip().split("[: ]+", -1);
    return new AtomicFile.Permissions(
        principal(words[0]), principal(words[1]), PosixFilePermissions.fromString(words[2]));
  }

  private static @Nullable Name principal(String name) {
    return name.equals("-") ? null : new Name(name);
  }
}
