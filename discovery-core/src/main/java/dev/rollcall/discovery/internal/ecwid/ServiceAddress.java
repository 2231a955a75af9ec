package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.net.AgentAddress;
import dev.rollcall.discovery.internal.net.CidrNetwork;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;

/** Where others reach a service of this process: the most explicit of what says so. Thread-safe. */
final class ServiceAddress {

  private final AdvertisedEndpoint own;
  private final AgentAddress agent;
  private volatile String routed = "";

  ServiceAddress(AdvertisedEndpoint own, AgentAddress agent) {
    this.own = own;
    this.agent = agent;
  }

  /**
   * The address to register, as of now; empty for the agent's own, which Consul takes where a
   * service has none.
   *
   * @throws IOException if it can't be found out
   * @throws IllegalArgumentException if this machine has no longer one address in the network
   */
  Optional<String> of(ServiceDefinition definition) throws IOException {
    Optional<String> said = definition.address();
    if (said.isEmpty()) {
      said = own.address();
    }
    return said.isPresent() ? said : towardsAgent();
  }

  /** The port to register. */
  int port(ServiceDefinition definition) {
    return own.port(definition);
  }

  /** Whether an address is one of this machine's. */
  boolean isOwn(String address) {
    return own.isOwn(address);
  }

  /**
   * The local address from which packets to the agent go out; sends none. Empty if that is the
   * loopback: then the agent is on this machine, and its own address is the one that others reach.
   * The one that was found before stays that for as long as this machine has it: to look that up
   * asks nobody, and so never waits.
   */
  private Optional<String> towardsAgent() throws IOException {
    String before = routed;
    if (!before.isEmpty() && own.isOwn(before)) {
      return Optional.of(before);
    }
    InetSocketAddress to = new InetSocketAddress(agent.lookup(), 8500);
    if (to.isUnresolved()) {
      throw new IOException("the host " + agent.host() + " is not known");
    }
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(to);
      InetAddress local = socket.getLocalAddress();
      if (local.isLoopbackAddress()) {
        return Optional.empty();
      }
      if (local.isAnyLocalAddress()) {
        throw new IOException("no route to " + agent.host());
      }
      routed = CidrNetwork.text(local);
      return Optional.of(routed);
    } catch (UncheckedIOException e) {
      // What a datagram socket throws where there is no route.
      throw new IOException("no route to " + agent.host(), e);
    }
  }
}
