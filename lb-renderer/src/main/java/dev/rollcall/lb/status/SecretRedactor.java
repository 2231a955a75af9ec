package dev.rollcall.lb.status;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Takes secrets out of what is served or logged: HAProxy's complaint about a line may quote the
 * password that stands in it. Immutable.
 */
public final class SecretRedactor {
  private static final Pattern SECRET =
      Pattern.compile("(?i)(password|passwd|token|secret|_auth$)(?!.*_FILE$)");

  /** What is shorter guards nothing, and would tear words apart. */
  private static final int SHORTEST = 6;

  private final List<String> secrets;

  private SecretRedactor(Collection<String> secrets) {
    this.secrets =
        secrets.stream()
            .filter(secret -> secret.length() >= SHORTEST)
            .sorted(Comparator.comparingInt(String::length).reversed())
            .toList();
  }

  /**
   * Of the variables whose names say that they hold a password, token or secret, or, as {@code
   * CONSUL_HTTP_AUTH}, what authenticates; one that holds the path of a file, as {@code
   * CONSUL_HTTP_TOKEN_FILE} does, is none.
   */
  public static SecretRedactor of(Map<String, String> environment) {
    return new SecretRedactor(
        environment.entrySet().stream()
            .filter(variable -> isSecret(variable.getKey()))
            .map(Map.Entry::getValue)
            .toList());
  }

  /** Whether the name says that the variable holds a secret itself. */
  public static boolean isSecret(String variable) {
    return SECRET.matcher(variable).find();
  }

  /** The text with {@code [secret]} in the place of each. */
  public String redact(String text) {
    String redacted = text;
    for (String secret : secrets) {
      redacted = redacted.replace(secret, "[secret]");
    }
    return redacted;
  }
}
