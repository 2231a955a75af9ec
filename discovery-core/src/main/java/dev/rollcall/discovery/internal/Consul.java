package dev.rollcall.discovery.internal;

/** A Consul agent with its catalog, however it is spoken with. Thread-safe. */
public interface Consul extends AutoCloseable {

  /** The calls for this process's services. */
  Agent agent();

  /** The calls to watch. */
  Catalog catalog();

  /** Ends every call under way and every connection. */
  @Override
  void close();
}
