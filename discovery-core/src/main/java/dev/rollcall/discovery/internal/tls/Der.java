package dev.rollcall.discovery.internal.tls;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** As much of DER as it takes to put a key from one envelope into another. */
final class Der {

  static final int INTEGER = 0x02;
  static final int OCTET_STRING = 0x04;
  static final int SEQUENCE = 0x30;

  private Der() {}

  /** A value of the given tag, which holds the given ones. */
  static byte[] of(int tag, byte[]... contents) {
    ByteArrayOutputStream inner = new ByteArrayOutputStream();
    for (byte[] content : contents) {
      inner.writeBytes(content);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    int length = inner.size();
    if (length < 0x80) {
      out.write(length);
    } else {
      int octets = (32 - Integer.numberOfLeadingZeros(length) + 7) / 8;
      out.write(0x80 | octets);
      for (int i = octets - 1; i >= 0; i--) {
        out.write(length >>> (8 * i));
      }
    }
    out.writeBytes(inner.toByteArray());
    return out.toByteArray();
  }

  /**
   * The content of the first value of a tag among those directly inside a sequence.
   *
   * @throws IOException if that is no sequence
   */
  static Optional<byte[]> find(byte[] sequence, int tag) throws IOException {
    try {
      ByteBuffer in = ByteBuffer.wrap(sequence);
      if ((in.get() & 0xff) != SEQUENCE) {
        throw new IOException("no sequence");
      }
      ByteBuffer values = content(in);
      while (values.hasRemaining()) {
        boolean found = (values.get() & 0xff) == tag;
        ByteBuffer value = content(values);
        if (found) {
          byte[] bytes = new byte[value.remaining()];
          value.get(bytes);
          return Optional.of(bytes);
        }
      }
      return Optional.empty();
    } catch (BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new IOException("cut short", e);
    }
  }

  /** Reads a length, and steps over as many bytes, which it returns. */
  private static ByteBuffer content(ByteBuffer in) {
    int length = in.get() & 0xff;
    if (length >= 0x80) {
      int octets = length & 0x7f;
      length = 0;
      for (int i = 0; i < octets; i++) {
        length = (length << 8) | (in.get() & 0xff);
      }
    }
    ByteBuffer content = in.slice(in.position(), length);
    in.position(in.position() + length);
    return content;
  }
}
