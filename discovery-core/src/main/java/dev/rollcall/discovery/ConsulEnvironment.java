package dev.rollcall.discovery;

import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.net.AgentAddress;
import dev.rollcall.discovery.internal.net.Require;
import dev.rollcall.discovery.internal.tls.TokenFile;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the environment variables that the {@code consul} command reads, and those by which a
 * process is told where others reach it.
 */
final class ConsulEnvironment {

  private static final String ADDRESS = "CONSUL_HTTP_ADDR";
  private static final String SSL = "CONSUL_HTTP_SSL";
  private static final String SSL_VERIFY = "CONSUL_HTTP_SSL_VERIFY";
  private static final String TOKEN = "CONSUL_HTTP_TOKEN";
  private static final String TOKEN_FILE = "CONSUL_HTTP_TOKEN_FILE";

  private static final String AUTH = "CONSUL_HTTP_AUTH";

  private static final String AGENTS_OWN = "only a Consul agent reads it";
  private static final String NO_GRPC = "only Consul's HTTP API is used";

  /** What else the command reads, and why it is not used. */
  private static final Map<String, String> UNUSED =
      new TreeMap<>(
          Map.of(
              "CONSUL_GRPC_ADDR", NO_GRPC,
              "CONSUL_GRPC_CACERT", NO_GRPC,
              "CONSUL_GRPC_CAPATH", NO_GRPC,
              "CONSUL_LICENSE", AGENTS_OWN,
              "CONSUL_LICENSE_PATH", AGENTS_OWN,
              "CONSUL_INTRO_TOKEN", AGENTS_OWN,
              "CONSUL_HCP_ENABLED", AGENTS_OWN));

  private static final Logger log = LoggerFactory.getLogger(ConsulEnvironment.class);

  /** Who makes options anew for each connection is told once. */
  private static final Set<String> TOLD = ConcurrentHashMap.newKeySet();

  private final Map<String, String> environment;

  private ConsulEnvironment(Map<String, String> environment) {
    this.environment = environment;
  }

  /** Sets in a builder what the environment says, and nothing else. */
  static ConsulOptions.Builder apply(
      Map<String, String> environment, ConsulOptions.Builder builder) {
    ConsulEnvironment read = new ConsulEnvironment(environment);
    Stream.concat(read.unused().stream(), read.exposed().stream())
        .filter(TOLD::add)
        .forEach(log::warn);
    builder.addresses(read.addresses());
    read.ifSet(TOKEN, token -> builder.trustedToken(fixed(token)));
    read.ifSet(AUTH, auth -> setBasicAuth(auth, builder));
    read.ifSet("CONSUL_NAMESPACE", builder::namespace);
    read.ifSet("CONSUL_PARTITION", builder::partition);
    read.ifSet("SERVICE_ADDRESS", builder::serviceAddress);
    read.ifSet("SERVICE_NETWORK", builder::serviceNetwork);
    read.ifSet("SERVICE_PORT", port -> builder.servicePort(Require.port("SERVICE_PORT", port)));
    read.ifSet(
        TOKEN_FILE,
        file -> builder.trustedToken(new TokenFile(path(TOKEN_FILE, file), Clock.system())));
    return builder.tls(read.tls());
  }

  /**
   * A line for each variable that the {@code consul} command reads and that is set, but not used.
   */
  private List<String> unused() {
    return UNUSED.entrySet().stream()
        .filter(variable -> value(variable.getKey()).isPresent())
        .map(variable -> variable.getKey() + " is set but not used: " + variable.getValue())
        .toList();
  }

  /** A line if a password can be read on the way. */
  private Optional<String> exposed() {
    boolean plain = addresses().stream().map(AgentAddress::of).anyMatch(AgentAddress::isExposed);
    return value(AUTH).isPresent() && plain
        ? Optional.of(AUTH + " is sent unencrypted, as " + ADDRESS + " is not https throughout")
        : Optional.empty();
  }

  /** As the command, which takes what has no colon for the name of a user without a password. */
  private static void setBasicAuth(String auth, ConsulOptions.Builder builder) {
    String[] parts = auth.split(":", 2);
    if (parts[0].isEmpty() || Require.hasControl(auth)) {
      throw new IllegalArgumentException(AUTH + " must be: user:password, on one line");
    }
    builder.basicAuth(parts[0], parts.length > 1 ? parts[1] : "");
  }

  private List<URI> addresses() {
    String all = value(ADDRESS).orElse("127.0.0.1:8500");
    List<String> each = Stream.of(all.split(",", -1)).map(String::strip).toList();
    if (each.contains("")) {
      throw Require.wrong(ADDRESS, all, "http://host:port or several, with one comma between two");
    }
    List<URI> addresses = each.stream().map(this::address).toList();
    AgentAddress.requireDifferent(ADDRESS, addresses);
    return addresses;
  }

  private URI address(String address) {
    if (address.startsWith("unix:")) {
      return AgentAddress.require(ADDRESS, address);
    }
    // As the consul command: who asks for TLS gets it, whatever the address says.
    String full =
        address.contains("://")
            ? flag(SSL, false) ? address.replaceFirst("(?i)^http://", "https://") : address
            : (flag(SSL, false) ? "https://" : "http://") + address;
    URI uri = AgentAddress.require(ADDRESS, full);
    if (AgentAddress.hasPort(uri)) {
      return uri;
    }
    // As the consul command: no port is the scheme's port, and 8500 where no scheme was given.
    int port = address.contains("://") ? AgentAddress.of(uri).port() : 8500;
    return URI.create(full.replaceFirst("(//[^/]*)", "$1:" + port));
  }

  private TlsOptions tls() {
    return TlsOptions.of(
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
    return () -> Optional.of(token);
  }
}
