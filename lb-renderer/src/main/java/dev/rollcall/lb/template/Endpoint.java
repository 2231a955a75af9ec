package dev.rollcall.lb.template;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * Where an instance is. Immutable.
 *
 * @param literal its address in its one spelling, an IPv6 address in brackets
 * @param port 1 to 65535
 */
record Endpoint(String literal, int port) {
  /** The address. */
  InetAddress address() {
    try {
      return InetAddress.getByName(literal); // A literal: no name is looked up.
    } catch (UnknownHostException notALiteral) {
      throw new IllegalStateException(literal, notALiteral);
    }
  }

  @Override
  public String toString() {
    return literal + ":" + port;
  }
}
