package dev.rollcall.discovery.internal.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where others reach the services of this process, whichever agent registers them: the most
 * explicit of what says so. Thread-safe.
 */
public final class AdvertisedEndpoint {

  private static final Logger log = LoggerFactory.getLogger(AdvertisedEndpoint.class);

  private final Optional<String> address;
  private final Optional<CidrNetwork> network;
  private final OptionalInt port;
  private final Supplier<List<InetAddress>> local;
  private final Map<AgentAddress, String> routed = new ConcurrentHashMap<>();
  private Optional<String> inNetwork = Optional.empty();

  /** The port that the operator's stands for; 0 if no service was registered yet. */
  private int replacedPort;

  /**
   * What the operator says.
   *
   * @param address an address, if one is said
   * @param network else a network that this machine has one address in, in CIDR notation
   * @param port a port
   * @param local all addresses of this machine, as of the moment; thread-safe
   */
  public AdvertisedEndpoint(
      Optional<String> address,
      Optional<String> network,
      OptionalInt port,
      Supplier<List<InetAddress>> local) {
    this.address = address;
    this.network = network.map(CidrNetwork::parse);
    this.port = port;
    this.local = local;
    try {
      var unused = inNetwork();
    } catch (IllegalArgumentException e) {
      // Said when a service registers.
    }
  }

  /**
   * The address to register, as of now; empty for the agent's own, which Consul takes where a
   * service has none.
   *
   * @param said what the service's own definition says
   * @throws IOException if it can't be found out
   * @throws IllegalArgumentException if this machine has no address in the network, or has come to
   *     have several of which none was registered before; one line that tells which
   */
  public Optional<String> address(Optional<String> said, AgentAddress agent) throws IOException {
    Optional<String> known = said.or(() -> address).or(this::inNetwork);
    return known.isPresent() ? known : towards(agent);
  }

  /**
   * The one of before for as long as this machine has it: another that comes, as a virtual one may,
   * does not make it wrong.
   */
  private synchronized Optional<String> inNetwork() {
    inNetwork = network.map(each -> each.only(local.get(), inNetwork));
    return inNetwork;
  }

  /**
   * The local address from which packets to the agent go out; sends none. Empty if that is the
   * loopback: then the agent is on this machine, and its own address is the one that others reach.
   * The one that was found before stays that for as long as this machine has it: to look that up
   * asks nobody, and so never waits.
   */
  private Optional<String> towards(AgentAddress agent) throws IOException {
    String before = routed.get(agent);
    if (before != null && isLocal(before)) {
      return Optional.of(before);
    }
    InetSocketAddress to = new InetSocketAddress(agent.lookup(), 8500);
    if (to.isUnresolved()) {
      throw new IOException("the host " + agent.host() + " is not known");
    }
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(to);
      InetAddress from = socket.getLocalAddress();
      if (from.isLoopbackAddress()) {
        return Optional.empty();
      }
      if (from.isAnyLocalAddress()) {
        throw new IOException("no route to " + agent.host());
      }
      String found = CidrNetwork.text(from);
      routed.put(agent, found);
      return Optional.of(found);
    } catch (UncheckedIOException e) {
      // What a datagram socket throws where there is no route.
      throw new IOException("no route to " + agent.host(), e);
    }
  }

  /** Whether an address is one of this machine's. */
  public boolean isLocal(String text) {
    return local.get().stream().map(CidrNetwork::text).anyMatch(text::equals);
  }

  /**
   * The port to register. What the operator says stands for one port of the process: the first that
   * a service registers.
   */
  public synchronized int port(int said) {
    if (port.isEmpty()) {
      return said;
    }
    if (replacedPort == 0) {
      replacedPort = said;
    }
    if (replacedPort == said) {
      return port.getAsInt();
    }
    log.debug("SERVICE_PORT stands for port {}: a service on port {} keeps it", replacedPort, said);
    return said;
  }
}
