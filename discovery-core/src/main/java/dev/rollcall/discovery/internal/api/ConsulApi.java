package dev.rollcall.discovery.internal.api;

/** A Consul agent with its catalog, however it is spoken with. Thread-safe. */
public interface ConsulApi extends AutoCloseable {

  /** The calls for this process's services. */
  AgentApi agent();

  /** The calls to watch. */
  CatalogApi catalog();

  /** Ends every call under way and every connection. */
  @Override
  void close();
}
