package dev.rollcall.measure.load;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * What one load has left in its directory: {@code load.csv}, a line a request as JMeter writes it,
 * and {@code deliveries.log}, where nodes name each POST that arrived. Times are milliseconds of
 * the epoch.
 */
public record LoadRecord(Path directory) {
  /** How long the server of a slow request sleeps: no stall. */
  static final long SLOW_MILLIS = 3000;

  private static final Pattern ID = Pattern.compile("id=([A-Za-z0-9-]+)");
  private static final Pattern DELIVERED = Pattern.compile(" delivered ([A-Za-z0-9-]+)$");

  /** A part of the time of a load: what began from then on and before that is its own. */
  public record Window(long from, long to) {
    boolean contains(long time) {
      return from <= time && time < to;
    }
  }

  /** One request as the client saw it. */
  record Request(long began, long elapsed, String label, String code, boolean success, String url) {
    String method() {
      return label.split(" ", 2)[0];
    }

    /** Without the time that a slow answer is meant to take. */
    long stall() {
      return elapsed - (label.contains("slow") ? SLOW_MILLIS : 0);
    }

    /** Why it failed, in words. */
    String failure() {
      if (code.chars().allMatch(Character::isDigit)) {
        return "HTTP " + code;
      }
      String name = code.substring(code.lastIndexOf('.') + 1);
      if (name.contains("NoHttpResponse")) {
        return "closed unanswered";
      }
      if (name.contains("HostConnect") || name.startsWith("ConnectException")) {
        return "refused";
      }
      if (name.contains("ConnectTimeout")) {
        return "connect timed out";
      }
      if (name.contains("SocketTimeout")) {
        return "timed out";
      }
      return name.equals("SocketException") ? "reset" : name;
    }
  }

  /**
   * What became of the requests of one window.
   *
   * @param seconds from its first request to its end
   * @param kinds of failures, in words; empty if there was none
   * @param twice how many POSTs were delivered more than once
   * @param unrecorded how many answered POSTs are not in the record of deliveries
   * @param stall the longest time that any request took, in seconds
   */
  public record Result(
      int requests,
      long seconds,
      int getFailed,
      int postFailed,
      String kinds,
      int twice,
      int unrecorded,
      double stall) {}

  /** How many requests failed of those that began after that time. */
  public int failedSince(long time) {
    int[] failed = {0};
    forEach(
        request -> {
          if (request.began > time && !request.success) {
            failed[0]++;
          }
        });
    return failed[0];
  }

  /** How many requests began within the window. */
  public int requests(Window window) {
    int[] requests = {0};
    forEach(
        request -> {
          if (window.contains(request.began)) {
            requests[0]++;
          }
        });
    return requests[0];
  }

  /**
   * Judges each window by the requests that began in it. What was delivered belongs to the window
   * of its request, however late it came; what no request is known of, to the last one.
   */
  public List<Result> results(List<Window> windows) {
    Map<String, Integer> delivered = deliveries();
    List<ResultBuilder> builders =
        windows.stream().map(ResultBuilder::new).collect(Collectors.toList());
    Map<String, Boolean> known = new HashMap<>();
    forEach(
        request -> {
          Matcher id = ID.matcher(request.url);
          String post = id.find() ? id.group(1) : "";
          known.put(post, true);
          for (ResultBuilder builder : builders) {
            if (builder.window.contains(request.began)) {
              builder.add(request, post, delivered.getOrDefault(post, 0));
              break;
            }
          }
        });
    ResultBuilder last = builders.get(builders.size() - 1);
    delivered.forEach((id, count) -> last.twice += count > 1 && !known.containsKey(id) ? 1 : 0);
    return builders.stream().map(ResultBuilder::result).toList();
  }

  /**
   * What became of all requests that began until a time.
   *
   * @param kinds of failures as JMeter names them, and how many of each
   * @param median of the times of those that were answered, in milliseconds
   * @param p99 their 99th percentile
   */
  public record Outcome(
      long requests, long lost, Map<String, Integer> kinds, long median, long p99) {}

  /** The outcome of all requests that began until then. */
  public Outcome outcome(long end) {
    Histogram times = new Histogram(5);
    Map<String, Integer> kinds = new TreeMap<>();
    forEach(
        request -> {
          if (request.began > end) {
            return;
          }
          if (request.success) {
            times.recordValue(request.elapsed);
          } else {
            kinds.merge(request.code.replaceFirst(".*[.]", ""), 1, Integer::sum);
          }
        });
    long lost = kinds.values().stream().mapToLong(Integer::longValue).sum();
    return new Outcome(
        times.getTotalCount() + lost,
        lost,
        kinds,
        times.getValueAtPercentile(50),
        times.getValueAtPercentile(99));
  }

  /** True if the last so many requests were all answered, each within a second. */
  boolean answeredWell(int last) {
    List<Request> requests = new ArrayList<>();
    forEach(requests::add);
    return requests.size() >= last
        && requests.subList(requests.size() - last, requests.size()).stream()
            .allMatch(request -> request.success && request.stall() < 1000);
  }

  private static final class ResultBuilder {
    private final Window window;
    private final Map<String, Integer> kinds = new TreeMap<>();
    private int requests;
    private int getFailed;
    private int postFailed;
    private int twice;
    private int unrecorded;
    private long first = Long.MAX_VALUE;
    private long stall;

    ResultBuilder(Window window) {
      this.window = window;
    }

    void add(Request request, String post, int deliveries) {
      requests++;
      first = Math.min(first, request.began);
      stall = Math.max(stall, request.stall());
      boolean get = request.method().equals("GET");
      if (!request.success) {
        getFailed += get ? 1 : 0;
        postFailed += get ? 0 : 1;
        kinds.merge(request.method() + " " + request.failure(), 1, Integer::sum);
      } else if (!get && deliveries == 0) {
        unrecorded++;
      }
      if (!post.isEmpty() && deliveries > 1) {
        twice++;
      }
    }

    Result result() {
      String words =
          kinds.entrySet().stream()
              .map(kind -> kind.getValue() + " × " + kind.getKey())
              .collect(Collectors.joining(", "));
      long seconds = requests == 0 ? 0 : Math.round((window.to - first) / 1e3);
      return new Result(
          requests, seconds, getFailed, postFailed, words, twice, unrecorded, stall / 1e3);
    }
  }

  /** How often each id was delivered. */
  private Map<String, Integer> deliveries() {
    Map<String, Integer> delivered = new HashMap<>();
    Path log = directory.resolve("deliveries.log");
    if (Files.exists(log)) {
      try (Stream<String> lines = Files.lines(log)) {
        lines.forEach(
            line -> {
              Matcher matcher = DELIVERED.matcher(line);
              if (matcher.find()) {
                delivered.merge(matcher.group(1), 1, Integer::sum);
              }
            });
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return delivered;
  }

  /** The requests in the order in which they ended; a line that is still being written is not. */
  void forEach(Consumer<Request> consumer) {
    Path csv = directory.resolve("load.csv");
    if (!Files.exists(csv)) {
      return;
    }
    CSVFormat format = CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get();
    try (Reader reader = Files.newBufferedReader(csv);
        CSVParser parser = CSVParser.parse(reader, format)) {
      for (CSVRecord line : parser) {
        if (line.isConsistent()) {
          consumer.accept(
              new Request(
                  Long.parseLong(line.get("timeStamp")),
                  Long.parseLong(line.get("elapsed")),
                  line.get("label"),
                  line.get("responseCode"),
                  Boolean.parseBoolean(line.get("success")),
                  line.get("URL")));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
