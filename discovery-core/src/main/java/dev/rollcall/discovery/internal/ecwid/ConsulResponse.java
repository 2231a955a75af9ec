package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.transport.HttpResponse;
import dev.rollcall.discovery.AnswerSource;
import dev.rollcall.discovery.AnswerSource.Backend;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.internal.api.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;
import org.apache.http.Header;
import org.jspecify.annotations.Nullable;

/**
 * What came of a request: Consul's answer, with what consul-api does not pass on of it, or the
 * exception instead.
 *
 * @param content not to be changed; empty if it was read while it came in
 * @param index Consul's index, unsigned; 0 if there is none
 * @param malformed why the content could not be read while it came in; null if it could
 * @param sent whether anything of the request may have got to the agent
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/consistency">Consul's
 *     consistency modes, on LastContact and KnownLeader</a>
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/caching">Agent caching, on
 *     Age</a>
 */
@SuppressWarnings("ArrayRecordComponent") // Nobody compares responses.
record ConsulResponse(
    int status,
    byte[] content,
    long index,
    org.apache.http.@Nullable HttpResponse headers,
    @Nullable RuntimeException failure,
    @Nullable RuntimeException malformed,
    boolean sent) {

  private static final int LONGEST_LINE = 200;

  /** The answer is longer than its limit. */
  static final class TooLongException extends IOException {
    private static final long serialVersionUID = 1;

    TooLongException(int limit) {
      super("the answer is longer than the limit of " + limit + " bytes");
    }
  }

  static ConsulResponse of(
      HttpResponse response,
      org.apache.http.@Nullable HttpResponse headers,
      byte[] content,
      @Nullable RuntimeException malformed) {
    Long index = response.getConsulIndex();
    return new ConsulResponse(
        response.getStatusCode(),
        content,
        index == null ? 0 : index,
        headers,
        null,
        malformed,
        true);
  }

  static ConsulResponse failed(RuntimeException failure, boolean sent) {
    return new ConsulResponse(0, new byte[0], 0, null, failure, null, sent);
  }

  String text() {
    return new String(content, StandardCharsets.UTF_8);
  }

  /**
   * Whether the answer lacks what the token may not see. Agents say so from 1.11 on, and neither in
   * what comes out of a stream of events nor to who has no token.
   */
  boolean isFiltered() {
    return has("X-Consul-Results-Filtered-By-ACLs", "true");
  }

  /** Whether who has no right of its own may see everything; false if the agent does not say. */
  boolean isAllowedByDefault() {
    return has("X-Consul-Default-ACL-Policy", "allow");
  }

  /** Whether who has no right of its own may see nothing; false if the agent does not say. */
  boolean isDeniedByDefault() {
    return has("X-Consul-Default-ACL-Policy", "deny");
  }

  /** Whether the agent's cache had it already. */
  boolean isCached() {
    return has("X-Cache", "HIT");
  }

  /** How long ago, before it answered, Consul was last sure of it. */
  Duration lag() {
    Duration lastContact = Duration.ofMillis(number("X-Consul-LastContact"));
    return lastContact.compareTo(age()) > 0 ? lastContact : age();
  }

  /** Zero while the agent's cache is in touch with the servers, else for how long it is not. */
  private Duration age() {
    return Duration.ofSeconds(number("Age"));
  }

  /**
   * Whether Consul would have known of a change: not, where the server knows no leader, or the
   * agent's cache cannot be kept fresh. A stream of events never knows a leader.
   */
  boolean isConfirmed() {
    boolean streamed = has("X-Consul-Query-Backend", "streaming");
    return age().isZero() && (streamed || !has("X-Consul-KnownLeader", "false"));
  }

  /**
   * Whether the agent, or a proxy before it, wants fewer requests: by status 429, or as it says
   * when the next one may come.
   *
   * @see <a href="https://developer.hashicorp.com/consul/docs/agent/limits">Consul's limits on
   *     traffic rates</a>
   */
  boolean isLimited() {
    return status == 429 || !retryAfter().isZero();
  }

  /** A date counts from the answer's own, as the clocks of the two machines may differ. */
  private Duration retryAfter() {
    if (status != 429 && status != 503) {
      return Duration.ZERO;
    }
    String value = header("Retry-After");
    if (value.matches("[0-9]*")) {
      return Duration.ofSeconds(number("Retry-After"));
    }
    return date("Date")
        .flatMap(now -> date("Retry-After").map(then -> Duration.between(now, then)))
        .filter(left -> !left.isNegative())
        .orElse(Duration.ZERO);
  }

  private Optional<Instant> date(String header) {
    try {
      return Optional.of(Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(header(header))));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /**
   * Where it came from. What the agent says of the consistency is what it was asked for, so it
   * holds only for what a server answered.
   *
   * @param asked the consistency that was asked for, where the agent does not repeat it
   */
  AnswerSource source(Consistency asked) {
    if (has("X-Consul-Query-Backend", "streaming")) {
      return new AnswerSource(Backend.STREAMING, Consistency.STALE);
    }
    return isCached()
        ? new AnswerSource(Backend.CACHE, Consistency.STALE)
        : new AnswerSource(
            Backend.BLOCKING_QUERY,
            switch (header("X-Consul-Effective-Consistency")) {
              case "consistent" -> Consistency.CONSISTENT;
              case "leader" -> Consistency.DEFAULT;
              case "stale" -> Consistency.STALE;
              default -> asked;
            });
  }

  private boolean has(String header, String value) {
    return value.equalsIgnoreCase(header(header));
  }

  /** A number that is none, or one that no clock can have counted to, counts as zero. */
  private long number(String header) {
    String value = header(header);
    return value.matches("[0-9]{1,15}") ? Long.parseLong(value) : 0;
  }

  private String header(String name) {
    Header found = headers == null ? null : headers.getFirstHeader(name);
    return found == null ? "" : found.getValue();
  }

  /** As {@link #toResult(String, Predicate, Function)}; a response of status 200 is an answer. */
  <T> Result<T> toResult(String what, Function<ConsulResponse, T> read) {
    return toResult(what, response -> response.status == 200, read);
  }

  /**
   * The answer, or why there is none.
   *
   * @param what names the request in failures
   * @param isAnswer whether a response is one to read, and no failure
   * @param read reads it; may throw on content of the wrong shape
   */
  <T> Result<T> toResult(
      String what, Predicate<ConsulResponse> isAnswer, Function<ConsulResponse, T> read) {
    if (failure != null) {
      return failed(what, failure);
    }
    if (!isAnswer.test(this)) {
      return new Result.Failed<>(new ConsulFailure(kind(), refusal(what), retryAfter()));
    }
    if (malformed != null) {
      return malformed(what, malformed);
    }
    try {
      return new Result.Ok<>(read.apply(this));
    } catch (RuntimeException e) {
      return malformed(what, e);
    }
  }

  private static <T> Result<T> malformed(String what, RuntimeException e) {
    return Result.failed(
        Kind.MALFORMED, what + ": not an answer of Consul's: " + line(e.getMessage()));
  }

  private String refusal(String what) {
    String wait = retryAfter().isZero() ? "" : " (Retry-After: " + retryAfter().toSeconds() + " s)";
    return what + ": " + (status + " " + line(text())).strip() + wait;
  }

  private <T> Result<T> failed(String what, RuntimeException e) {
    Throwable cause = e;
    while (cause.getCause() != null && cause.getCause() != cause) {
      if (cause instanceof TooLongException || cause instanceof SSLException) {
        break;
      }
      cause = cause.getCause();
    }
    boolean io = cause instanceof IOException || cause instanceof IllegalStateException;
    Kind kind = io && !(cause instanceof TooLongException) ? Kind.UNAVAILABLE : Kind.MALFORMED;
    String message =
        what + ": " + cause.getClass().getSimpleName() + " " + line(cause.getMessage());
    return sent ? Result.failed(kind, message) : Result.unsent(kind, message);
  }

  private Kind kind() {
    String text = text();
    if (status == 404 || (status == 500 && isUnknown(text))) {
      return Kind.UNKNOWN;
    }
    if (status == 401 || status == 403) {
      return Kind.FORBIDDEN;
    }
    if (status == 500 && isWrongFilter(text)) {
      return Kind.REJECTED;
    }
    // What waited for too long may be refused with 408 by a proxy before Consul.
    if (status == 408 || status == 429 || status >= 500) {
      return Kind.UNAVAILABLE;
    }
    return status >= 400 ? Kind.REJECTED : Kind.MALFORMED;
  }

  /** Agents before 1.12 say 500 where later ones say 404. */
  private static boolean isUnknown(String content) {
    return content.contains("does not have associated TTL")
        || content.contains("Unknown check")
        || content.contains("Unknown service");
  }

  /**
   * What Consul says to an expression in its filter language that is wrong: 500 up to 1.14 at
   * least, with the first of these words where the servers read it, without them where the agent
   * does.
   */
  private static boolean isWrongFilter(String content) {
    return content.contains("Failed to create boolean expression evaluator")
        || content.startsWith("Selector \"")
        || content.startsWith("Failed to coerce value")
        || content.contains("no match found, expected:");
  }

  private static String line(@Nullable String text) {
    if (text == null) {
      return "";
    }
    String line = text.strip().replaceAll("\\p{Cntrl}+", " ");
    return line.length() <= LONGEST_LINE ? line : line.substring(0, LONGEST_LINE) + "...";
  }
}
