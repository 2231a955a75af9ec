package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.net.CidrNetwork;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the operator says of where others reach this process, whichever agent it speaks with: its
 * address, or the network that this is in, and its port. Thread-safe.
 */
final class AdvertisedEndpoint {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");

  private final Optional<String> address;
  private final Optional<CidrNetwork> network;
  private final OptionalInt port;
  private final Supplier<List<InetAddress>> own;
  private Optional<String> chosen = Optional.empty();
  private int standsFor;

  /**
   * What the options say.
   *
   * @param own all addresses of this machine, as of the moment
   */
  AdvertisedEndpoint(ConsulOptions options, Supplier<List<InetAddress>> own) {
    this(options.serviceAddress(), options.serviceNetwork(), options.servicePort(), own);
  }

  /** An address in a network. */
  AdvertisedEndpoint(String network, Supplier<List<InetAddress>> own) {
    this(Optional.empty(), Optional.of(network), OptionalInt.empty(), own);
  }

  private AdvertisedEndpoint(
      Optional<String> address,
      Optional<String> network,
      OptionalInt port,
      Supplier<List<InetAddress>> own) {
    this.address = address;
    this.network = network.map(CidrNetwork::parse);
    this.port = port;
    this.own = own;
    try {
      var unused = inNetwork();
    } catch (IllegalArgumentException e) {
      // Said when a service registers.
    }
  }

  /**
   * The address; empty if nothing is said.
   *
   * @throws IllegalArgumentException if this machine has no address in the network, or has come to
   *     have several of which none was registered before; one line that tells which
   */
  Optional<String> address() {
    return address.isPresent() ? address : inNetwork();
  }

  private synchronized Optional<String> inNetwork() {
    // The one of before for as long as it is there: another that comes, as a virtual one may, does
    // not make it wrong.
    chosen = network.map(each -> each.only(own.get(), chosen));
    return chosen;
  }

  /** Whether an address is one of this machine's. */
  boolean isOwn(String text) {
    return own.get().stream().map(CidrNetwork::text).anyMatch(text::equals);
  }

  /**
   * The port to register. What the operator says stands for one port of the process: the first that
   * a service registers.
   */
  synchronized int port(ServiceDefinition definition) {
    if (port.isEmpty()) {
      return definition.port();
    }
    if (standsFor == 0) {
      standsFor = definition.port();
    }
    if (standsFor == definition.port()) {
      return port.getAsInt();
    }
    log.debug("SERVICE_PORT stands for port {}: {} keeps its own", standsFor, definition.id());
    return definition.port();
  }
}
