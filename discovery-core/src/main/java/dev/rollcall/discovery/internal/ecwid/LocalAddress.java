package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.internal.AgentAddress;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;

/** The address of this machine or container that its agent sees. */
final class LocalAddress {

  private final AgentAddress agent;

  LocalAddress(AgentAddress agent) {
    this.agent = agent;
  }

  /**
   * The local address from which packets to the agent go out; sends none. Empty if that is the
   * loopback: then the agent is on this machine, and its own address, which Consul takes where a
   * service has none, is the one that others reach.
   */
  Optional<String> towardsAgent() throws IOException {
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
      String address = local.getHostAddress();
      int zone = address.indexOf('%');
      return Optional.of(zone < 0 ? address : address.substring(0, zone));
    }
  }
}
