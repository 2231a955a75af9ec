package dev.rollcall.lb.cli;

import dev.rollcall.lb.status.SecretRedactor;
import dev.rollcall.lb.template.TemplateEnvironment;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Secrets for templates that stand in files: {@code STATS_PASSWORD_FILE} names the file with what
 * {@code STATS_PASSWORD} is to be. An environment is shown to anyone who may inspect a container.
 */
final class SecretFiles {
  private static final String SUFFIX = "_FILE";

  /** Longer than any value that a template takes. */
  private static final int LONGEST = 4096;

  private SecretFiles() {}

  /**
   * The variables, and with them those that files hold. A variable that is set itself is stronger
   * than its file; an empty file counts as an empty variable.
   *
   * @throws ExitException if a file cannot be read, or holds more than one line
   */
  static Map<String, String> read(Map<String, String> environment) throws ExitException {
    Map<String, String> all = new HashMap<>(environment);
    for (Map.Entry<String, String> variable : environment.entrySet()) {
      String file = variable.getKey();
      if (!file.endsWith(SUFFIX) || variable.getValue().isBlank()) {
        continue;
      }
      String name = file.substring(0, file.length() - SUFFIX.length());
      if (TemplateEnvironment.allows(name)
          && SecretRedactor.isSecret(name)
          && environment.getOrDefault(name, "").isEmpty()) {
        all.put(name, line(file, variable.getValue().strip()));
      }
    }
    return Map.copyOf(all);
  }

  /**
   * Of all secrets, those in files too; who needs a file that cannot be read says so by himself.
   */
  static SecretRedactor redactor(Map<String, String> environment) {
    try {
      return SecretRedactor.of(read(environment));
    } catch (ExitException e) {
      return SecretRedactor.of(environment);
    }
  }

  private static String line(String variable, String path) throws ExitException {
    String text;
    try (InputStream in = Files.newInputStream(Path.of(path))) {
      text = new String(in.readNBytes(LONGEST + 1), StandardCharsets.UTF_8).strip();
    } catch (IOException | InvalidPathException e) {
      throw ExitException.usage(variable + " is '" + path + "', which cannot be read: " + e);
    }
    if (text.length() > LONGEST || text.lines().count() > 1) {
      throw ExitException.usage(variable + " is '" + path + "', which holds more than one line");
    }
    return text;
  }
}
