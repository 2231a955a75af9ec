package dev.rollcall.lb.bench;

import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** A port of an address that is written in digits: nothing is resolved. */
final class Endpoint {
  private Endpoint() {}

  static InetSocketAddress of(String address, int port) {
    try {
      return new InetSocketAddress(InetAddress.getAllByName(address)[0], port);
    } catch (UnknownHostException e) {
      throw new UncheckedIOException(e);
    }
  }
}
