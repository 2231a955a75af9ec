package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.AgentAddress;
import dev.rollcall.discovery.internal.Network;
import dev.rollcall.discovery.internal.OwnAddress;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;

/** Where others reach a service of this process: the most explicit of what says so. */
final class ServiceAddress {

  private final ConsulOptions options;
  private final AgentAddress agent;

  ServiceAddress(ConsulOptions options, AgentAddress agent) {
    this.options = options;
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
    Optional<String> said = definition.address().or(options::serviceAddress);
    if (said.isPresent()) {
      return said;
    }
    Optional<String> network = options.serviceNetwork();
    return network.isPresent() ? network.map(OwnAddress::in) : towardsAgent();
  }

  /**
   * The local address from which packets to the agent go out; sends none. Empty if that is the
   * loopback: then the agent is on this machine, and its own address is the one that others reach.
   */
  private Optional<String> towardsAgent() throws IOException {
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
      return Optional.of(Network.text(local));
    }
  }
}
