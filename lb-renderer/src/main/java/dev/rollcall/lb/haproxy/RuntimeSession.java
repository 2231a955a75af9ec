package dev.rollcall.lb.haproxy;

import java.util.List;

/**
 * One conversation with one worker of HAProxy. It stays with that worker when HAProxy reloads, so
 * it is for one batch of commands and then closed. Used by one thread.
 */
public interface RuntimeSession extends AutoCloseable {

  /**
   * Sends one command and waits for the whole reply.
   *
   * @param command one line as {@link RuntimeCommand#line} has it
   * @return the reply without the newlines at its end; empty for a command with nothing to say
   * @throws IllegalArgumentException when it could be more than one command; nothing was sent
   * @throws RuntimeApiException when there is no whole reply in time; whether HAProxy did what it
   *     was told is not known then
   */
  String ask(String command) throws RuntimeApiException;

  /**
   * Sends commands without waiting for the reply to each, and then reads the replies. All of them
   * are sent, whatever the first replies say.
   *
   * @param commands each with a reply of a line at the most, as all have that change servers
   * @return the replies in the same order
   * @throws IllegalArgumentException when one could be more than one command; nothing was sent
   * @throws RuntimeApiException when there are no whole replies in time; how much HAProxy did of
   *     what it was told is not known then
   */
  List<String> askAll(List<String> commands) throws RuntimeApiException;

  /** Ends the conversation; does not throw, and may be called again. */
  @Override
  void close();
}
