package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.TlsOptions;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Reads the environment variables that the {@code consul} command reads, and those by which a
 * process is told where others reach it.
 */
public final class ConsulEnvironment {

  private static final String ADDRESS = "CONSUL_HTTP_ADDR";
  private static final String SSL = "CONSUL_HTTP_SSL";
  private static final String SSL_VERIFY = "CONSUL_HTTP_SSL_VERIFY";
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
    builder.addresses(read.addresses());
    read.ifSet(TOKEN, token -> builder.token(fixed(token)));
    read.ifSet("SERVICE_ADDRESS", builder::serviceAddress);
    read.ifSet("SERVICE_NETWORK", builder::serviceNetwork);
    read.ifSet("SERVICE_PORT", port -> builder.servicePort(Require.port("SERVICE_PORT", port)));
    read.ifSet(TOKEN_FILE, file -> builder.token(new TokenFile(path(TOKEN_FILE, file))));
    return builder.tls(read.tls());
  }

  private List<URI> addresses() {
    String all = value(ADDRESS).orElse("127.0.0.1:8500");
    List<String> each = Stream.of(all.split(",", -1)).map(String::strip).toList();
    if (each.contains("")) {
      throw Require.wrong(ADDRESS, all, "http://host:port or several, with one comma between two");
    }
    List<URI> addresses = each.stream().map(this::address).toList();
    Require.different(ADDRESS, addresses);
    return addresses;
  }

  private URI address(String address) {
    String full =
        address.contains("://") ? address : (flag(SSL, false) ? "https://" : "http://") + address;
    URI uri = Require.httpAddress(ADDRESS, full);
    if (AgentAddress.hasPort(uri)) {
      return uri;
    }
    // As the consul command: no port is the scheme's port, and 8500 where no scheme was given.
    int port = address.contains("://") ? AgentAddress.of(uri).port() : 8500;
    return URI.create(full.replaceFirst("(//[^/]*)", "$1:" + port));
  }

  private TlsOptions tls() {
    return new TlsOptions(
        file("CONSUL_CACERT"),
        file("CONSUL_CAPATH"),
        file("CONSUL_CLIENT_CERT"),
        file("CONSUL_CLIENT_KEY"),
        value("CONSUL_TLS_SERVER_NAME")
            .map(name -> Require.hostName("CONSUL_TLS_SERVER_NAME", name)),
        flag(SSL_VERIFY, true));
  }

  private Optional<Path> file(String variable) {
    return value(variable).map(file -> path(variable, file));
  }

  private boolean flag(String variable, boolean otherwise) {
    String value = value(variable).orElse("").toLowerCase(Locale.ROOT);
    return switch (value) {
      case "" -> otherwise;
      case "0", "f", "false" -> false;
      case "1", "t", "true" -> true;
      default -> throw Require.wrong(variable, value, "true or false");
    };
  }

  private void ifSet(String variable, Consumer<String> then) {
    value(variable).ifPresent(then);
  }

  private Optional<String> value(String variable) {
    return Optional.of(environment.getOrDefault(variable, "").strip()).filter(v -> !v.isEmpty());
  }

  private static Path path(String variable, String file) {
    try {
      return Path.of(file);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(variable + " is no path of a file", e);
    }
  }

  private static Supplier<Optional<String>> fixed(String token) {
    if (!TokenFile.isToken(token)) {
      throw new IllegalArgumentException(
          TOKEN + " holds a character that no token has: it must be printable ASCII, no spaces");
    }
    return new FixedToken(token);
  }
}
