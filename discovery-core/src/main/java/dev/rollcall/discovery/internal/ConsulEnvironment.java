package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.ConsulOptions;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Reads the environment variables that the {@code consul} command reads. */
public final class ConsulEnvironment {

  private static final String ADDRESS = "CONSUL_HTTP_ADDR";
  private static final String SSL = "CONSUL_HTTP_SSL";
  private static final String TOKEN = "CONSUL_HTTP_TOKEN";
  private static final String TOKEN_FILE = "CONSUL_HTTP_TOKEN_FILE";

  private final Map<String, String> environment;

  private ConsulEnvironment(Map<String, String> environment) {
    this.environment = environment;
  }

  /** Sets in a builder what the environment says, and nothing else. */
  public static ConsulOptions.Builder apply(
      Map<String, String> environment, ConsulOptions.Builder builder) {
    ConsulEnvironment read = new ConsulEnvironment(environment);
    builder.address(read.address());
    read.ifSet(TOKEN, token -> builder.token(fixed(token)));
    read.ifSet(TOKEN_FILE, file -> builder.token(new TokenFile(path(file))));
    return builder;
  }

  private URI address() {
    String address = environment.getOrDefault(ADDRESS, "").strip();
    if (address.isEmpty()) {
      address = "127.0.0.1:8500";
    }
    String full = address.contains("://") ? address : (ssl() ? "https://" : "http://") + address;
    URI uri = Require.httpAddress(ADDRESS, full);
    if (uri.getPort() > 0) {
      return uri;
    }
    // As the consul command: no port is the scheme's port, and 8500 where no scheme was given.
    int port =
        address.contains("://") ? ("https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80) : 8500;
    return URI.create(full.replaceFirst("(//[^/]*)", "$1:" + port));
  }

  private boolean ssl() {
    String value = environment.getOrDefault(SSL, "").strip().toLowerCase(Locale.ROOT);
    return switch (value) {
      case "", "0", "f", "false" -> false;
      case "1", "t", "true" -> true;
      default ->
          throw new IllegalArgumentException(
              SSL + " is \"" + value + "\" but must be: true or false");
    };
  }

  private void ifSet(String variable, Consumer<String> then) {
    String value = environment.getOrDefault(variable, "").strip();
    if (!value.isEmpty()) {
      then.accept(value);
    }
  }

  private static Path path(String file) {
    try {
      return Path.of(file);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(TOKEN_FILE + " is no path of a file", e);
    }
  }

  private static Supplier<Optional<String>> fixed(String token) {
    if (!TokenFile.isToken(token)) {
      throw new IllegalArgumentException(
          TOKEN + " holds a character that no token has: it must be printable ASCII, no spaces");
    }
    Optional<String> value = Optional.of(token);
    return () -> value;
  }
}
