package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.haproxy.HaproxySocket.ConnectFailedException;
import dev.rollcall.lb.haproxy.HaproxySocket.Connection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A socket of HAProxy's Runtime API. Immutable and thread-safe; connects at {@link #open}.
 *
 * @param socket path of the Unix domain socket
 * @param prefix of each command: empty for a worker's own socket, {@code "@1 "} for the current
 *     worker through its master
 * @param timeout for the connection, and again for each reply
 * @param maxReplyBytes a longer reply ends the session
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3">Management guide, 9.3</a>
 */
public record RuntimeApi(Path socket, String prefix, Duration timeout, int maxReplyBytes) {

  private static final Logger log = LoggerFactory.getLogger(RuntimeApi.class);

  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** Ten times the statistics of 5000 servers. */
  private static final int MAX_REPLY_BYTES = 16 << 20;

  /** A worker's own socket ({@code stats socket PATH level admin}). */
  public static RuntimeApi ofWorker(Path statsSocket) {
    return new RuntimeApi(statsSocket, "", TIMEOUT, MAX_REPLY_BYTES);
  }

  /** The current worker through the master's socket ({@code haproxy -S PATH}). */
  public static RuntimeApi throughMaster(Path masterSocket) {
    return new RuntimeApi(masterSocket, "@1 ", TIMEOUT, MAX_REPLY_BYTES);
  }

  /**
   * Opens a session.
   *
   * @throws RuntimeApiException when HAProxy does not answer there in time
   */
  public Session open() throws RuntimeApiException {
    try {
      Connection connection = new HaproxySocket(socket).connect(deadline());
      PromptSession session = new PromptSession(this, connection);
      session.attempt("cannot connect", () -> session.exchange("prompt", PromptSession::reply));
      return session;
    } catch (RuntimeApiException e) {
      throw e;
    } catch (IOException e) {
      throw failed("cannot connect", e);
    } catch (IllegalArgumentException | UnsupportedOperationException e) {
      // A path too long for a socket, or a system without such sockets.
      throw new RuntimeApiException("HAProxy at " + socket + ": " + e.getMessage(), e);
    }
  }

  private long deadline() {
    return System.nanoTime() + timeout.toNanos();
  }

  private RuntimeApiException failed(String what, IOException e) {
    Throwable cause =
        e instanceof ConnectFailedException && e.getCause() != null ? e.getCause() : e;
    String why =
        e instanceof SocketTimeoutException
            ? "no whole reply within " + timeout.toMillis() + " ms"
            : Objects.requireNonNullElse(cause.getMessage(), cause.getClass().getSimpleName());
    return new RuntimeApiException("HAProxy at " + socket + ": " + what + ": " + why, e);
  }

  /**
   * A connection to one worker. It stays with that worker when HAProxy reloads, so use it for one
   * batch of commands. Used by one thread.
   */
  public interface Session extends AutoCloseable {

    /**
     * Sends one command and waits for the whole reply.
     *
     * @param command one line as {@link RuntimeCommand#line} has it
     * @return the reply without the newlines at its end
     * @throws IllegalArgumentException when it could be more than one command; nothing was sent
     *     then
     * @throws RuntimeApiException when there is no complete reply in time; what HAProxy did is not
     *     known then
     */
    String ask(String command) throws RuntimeApiException;

    /**
     * Sends all commands, then reads the replies (pipelining).
     *
     * @param commands each with a reply of at most one line, as all that change servers
     * @return the replies in the same order
     * @throws IllegalArgumentException when one could be more than one command; nothing was sent
     *     then
     * @throws RuntimeApiException when a reply is missing in time; what HAProxy did is not known
     *     then
     */
    List<String> askAll(List<String> commands) throws RuntimeApiException;

    /** Ends the session; does not throw, and may be called again. */
    @Override
    void close();
  }

  /**
   * A session in prompt mode: a reply is complete when the next prompt is there, {@code "> "} of a
   * worker, {@code "master> "} of a master, {@code "master[ReloadFailed]> "} of one whose last
   * reload failed.
   */
  private static final class PromptSession implements Session {

    /** So few that neither side blocks on a full socket buffer. */
    private static final int MAX_BATCH = 100;

    private static final Pattern PROMPT_AT_END =
        Pattern.compile("(?:^|\\n)(?:master(?:\\[ReloadFailed])?|\\d{1,10})?> $");
    private static final Pattern PROMPT =
        Pattern.compile("(?:^|\\n|(?<=> ))(?:master(?:\\[ReloadFailed])?|\\d{1,10})?> ");
    private static final int LONGEST_PROMPT = 24;

    private final RuntimeApi api;
    private final Connection connection;
    private boolean broken;

    PromptSession(RuntimeApi api, Connection connection) {
      this.api = api;
      this.connection = connection;
    }

    @Override
    public String ask(String command) throws RuntimeApiException {
      RuntimeCommand.check(command);
      return attempt(
          "\"" + command + "\"", () -> exchange(api.prefix + command, PromptSession::reply));
    }

    @Override
    public List<String> askAll(List<String> commands) throws RuntimeApiException {
      commands.forEach(RuntimeCommand::check);
      List<String> replies = new ArrayList<>();
      for (int from = 0; from < commands.size(); from += MAX_BATCH) {
        List<String> batch = commands.subList(from, Math.min(from + MAX_BATCH, commands.size()));
        String lines = batch.stream().map(api.prefix::concat).collect(Collectors.joining("\n"));
        replies.addAll(
            attempt(
                "\"" + batch.get(0) + "\" and what follows",
                () -> exchange(lines, text -> replies(text, batch.size()))));
      }
      return replies;
    }

    @Override
    public void close() {
      if (!broken) {
        try {
          // The master notices a closed connection late.
          connection.writeNow("quit\n");
        } catch (IOException e) {
          log.debug("HAProxy closed first: {}", e.toString());
        }
      }
      abandon();
    }

    private <T> T attempt(String what, Exchange<T> exchange) throws RuntimeApiException {
      if (broken) {
        throw new RuntimeApiException("HAProxy at " + api.socket + ": the session has failed");
      }
      try {
        return exchange.run();
      } catch (IOException e) {
        abandon();
        throw api.failed(what, e);
      }
    }

    private <T> T exchange(String lines, Function<String, Optional<T>> whole) throws IOException {
      if (connection.hasInput()) {
        throw new IOException("it spoke or closed without being asked");
      }
      long deadline = api.deadline();
      connection.write(lines + "\n", deadline);
      ByteArrayOutputStream reply = new ByteArrayOutputStream();
      while (connection.read(reply, deadline)) {
        if (reply.size() > api.maxReplyBytes) {
          throw new IOException("its reply is longer than " + api.maxReplyBytes + " bytes");
        }
        // Decodes the reply only if it may be complete.
        if (connection.mayEndWithPrompt()) {
          Optional<T> read = whole.apply(reply.toString(StandardCharsets.UTF_8));
          if (read.isPresent()) {
            return read.get();
          }
        }
      }
      throw new IOException("it closed before its reply was whole");
    }

    /** One complete reply; empty when it is not complete. */
    private static Optional<String> reply(String text) {
      int from = Math.max(0, text.length() - LONGEST_PROMPT);
      Matcher prompt = PROMPT_AT_END.matcher(text).region(from, text.length());
      prompt.useAnchoringBounds(from == 0);
      return prompt.find()
          ? Optional.of(text.substring(0, prompt.start()).stripTrailing())
          : Optional.empty();
    }

    /**
     * Splits the replies to several commands at the prompts between them.
     *
     * @param text of replies none of which looks like a prompt
     * @return empty unless there are that many, and nothing comes after the last prompt
     */
    private static Optional<List<String>> replies(String text, int count) {
      List<String> replies = new ArrayList<>();
      Matcher prompt = PROMPT.matcher(text);
      int from = 0;
      while (prompt.find()) {
        replies.add(text.substring(from, prompt.start()).strip());
        from = prompt.end();
      }
      return replies.size() == count && from == text.length()
          ? Optional.of(replies)
          : Optional.empty();
    }

    private void abandon() {
      broken = true;
      try {
        connection.close();
      } catch (IOException e) {
        log.debug("cannot close the session with {}: {}", api.socket, e.toString());
      }
    }

    private interface Exchange<T> {
      T run() throws IOException;
    }
  }
}
