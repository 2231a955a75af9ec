package dev.rollcall.lb.cli;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.EncoderBase;
import ch.qos.logback.core.joran.spi.JoranException;
import dev.rollcall.lb.status.SecretRedactor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sets up the log as the command line wants it. */
final class Logging {
  /** Where the log goes: not where a command's result goes. */
  enum Stream {
    OUT("System.out"),
    ERR("System.err");

    private final String target;

    Stream(String target) {
      this.target = target;
    }
  }

  private static final List<String> LEVELS =
      List.of("error", "warn", "info", "debug", "trace", "off");
  private static final List<String> FORMATS = List.of("text", "json");

  private Logging() {}

  static void configure(CommonOptions options, Stream stream, SecretRedactor redactor)
      throws ExitException {
    String level = oneOf(LEVELS, "--log-level", options.logLevel);
    String format = oneOf(FORMATS, "--log-format", options.logFormat);
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    context.putProperty("log.target", stream.target);
    context.putProperty("log.level", level);
    context.putProperty("log.format", format);
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    try {
      configurator.doConfigure(
          Objects.requireNonNull(Logging.class.getResource("/logback.xml"), "no logback.xml"));
    } catch (JoranException e) {
      throw new IllegalStateException("logback.xml can't be read", e);
    }
    // Whoever logs may quote HAProxy, and HAProxy may quote a line with a password.
    context
        .getLogger(Logger.ROOT_LOGGER_NAME)
        .iteratorForAppenders()
        .forEachRemaining(
            appender -> {
              if (appender instanceof OutputStreamAppender<ILoggingEvent> written) {
                written.setEncoder(new RedactingEncoder(written.getEncoder(), redactor));
              }
            });
  }

  private static String oneOf(List<String> known, String option, String value)
      throws ExitException {
    String wanted = value.toLowerCase(Locale.ROOT);
    if (!known.contains(wanted)) {
      throw ExitException.usage(
          option + " is '" + value + "': give one of " + String.join(", ", known));
    }
    return wanted;
  }

  /** Takes the secrets out of what another encoder makes of an event. */
  private static final class RedactingEncoder extends EncoderBase<ILoggingEvent> {
    private final Encoder<ILoggingEvent> plain;
    private final SecretRedactor redactor;

    RedactingEncoder(Encoder<ILoggingEvent> plain, SecretRedactor redactor) {
      this.plain = plain;
      this.redactor = redactor;
    }

    @Override
    public byte[] headerBytes() {
      return plain.headerBytes();
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
      String line = new String(plain.encode(event), StandardCharsets.UTF_8);
      return redactor.redact(line).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] footerBytes() {
      return plain.footerBytes();
    }
  }
}
