package dev.rollcall.lb.runtime;

/**
 * One conversation with one worker of HAProxy. It stays with that worker when HAProxy reloads, so
 * it is for one batch of commands and then closed. Used by one thread.
 */
public interface CommandSession extends AutoCloseable {

  /**
   * Sends one command and waits for the whole reply.
   *
   * @param command one line as {@link CliCommand#line} has it
   * @return the reply without the newlines at its end; empty for a command with nothing to say
   * @throws IllegalArgumentException when it could be more than one command; nothing was sent
   * @throws RuntimeApiException when there is no whole reply in time; whether HAProxy did what it
   *     was told is not known then
   */
  String ask(String command) throws RuntimeApiException;

  /** Ends the conversation; does not throw, and may be called again. */
  @Override
  void close();
}
