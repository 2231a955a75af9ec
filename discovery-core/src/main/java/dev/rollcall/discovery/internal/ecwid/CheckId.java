package dev.rollcall.discovery.internal.ecwid;

/**
 * The ids of checks, of which an agent has one set for all its services: two checks of one id are
 * one check. No two services' checks have the same, as no service's id has a slash, and those that
 * Consul makes up itself begin with {@code service:}.
 */
final class CheckId {

  private CheckId() {}

  /** The id of a service's heartbeat. */
  static String heartbeat(String service) {
    return "rollcall:" + service;
  }

  /** The id of one of a service's probes, which are counted from 1. */
  static String probe(String service, int number) {
    return "rollcall:" + service + "/" + number;
  }

  /** The id of the check by which Consul's agent puts a service into maintenance. */
  static String maintenance(String service) {
    return "_service_maintenance:" + service;
  }
}
