package dev.rollcall.launcher;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * How the launcher logs: on standard error, one line an event, also when a message or a stack trace
 * holds more. Thread-safe.
 */
final class LogFormat extends Formatter {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
  private static final int LONGEST = 4_000;

  /** For the whole process: Rollcall's from INFO on, all others' from WARN on. */
  static void install() {
    Logger root = Logger.getLogger("");
    for (Handler handler : root.getHandlers()) {
      root.removeHandler(handler);
    }
    ConsoleHandler handler = new ConsoleHandler();
    handler.setFormatter(new LogFormat());
    handler.setFilter(
        record ->
            record.getLevel().intValue() >= Level.WARNING.intValue()
                || String.valueOf(record.getLoggerName()).startsWith("dev.rollcall."));
    root.addHandler(handler);
  }

  @Override
  public String format(LogRecord record) {
    StringBuilder line = new StringBuilder(formatMessage(record));
    if (record.getThrown() != null) {
      StringWriter trace = new StringWriter();
      record.getThrown().printStackTrace(new PrintWriter(trace));
      line.append(' ').append(trace);
    }
    String name = String.valueOf(record.getLoggerName());
    String text = line.toString().strip().replaceAll("\\s+", " ").replaceAll("\\p{Cntrl}", "?");
    return "%s %-5s %s %s%n"
        .formatted(
            TIME.format(Instant.ofEpochMilli(record.getMillis())),
            level(record.getLevel()),
            name.substring(name.lastIndexOf('.') + 1),
            text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…");
  }

  /** In SLF4J's words. */
  private static String level(Level level) {
    int value = level.intValue();
    return value >= Level.SEVERE.intValue()
        ? "ERROR"
        : value >= Level.WARNING.intValue() ? "WARN" : "INFO";
  }
}
