package dev.rollcall.lb.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.EncoderBase;
import dev.rollcall.lb.status.SecretRedactor;
import java.nio.charset.StandardCharsets;

/** Takes the secrets out of what another encoder makes of an event. */
final class RedactedEncoder extends EncoderBase<ILoggingEvent> {
  private final Encoder<ILoggingEvent> plain;
  private final SecretRedactor redaction;

  RedactedEncoder(Encoder<ILoggingEvent> plain, SecretRedactor redaction) {
    this.plain = plain;
    this.redaction = redaction;
  }

  @Override
  public byte[] headerBytes() {
    return plain.headerBytes();
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    String line = new String(plain.encode(event), StandardCharsets.UTF_8);
    return redaction.redact(line).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public byte[] footerBytes() {
    return plain.footerBytes();
  }
}
