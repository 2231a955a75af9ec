package dev.rollcall.discovery.internal.ecwid;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.http.HttpEntity;
import org.apache.http.entity.HttpEntityWrapper;

/** An answer's body that fails when it is longer than its limit, rather than filling the memory. */
final class LimitedEntity extends HttpEntityWrapper {

  private final int limit;

  LimitedEntity(HttpEntity body, int limit) {
    super(body);
    this.limit = limit;
  }

  @Override
  public InputStream getContent() throws IOException {
    if (getContentLength() > limit) {
      throw new TooLongException(limit);
    }
    return new Limited(super.getContent(), limit);
  }

  /** The answer is longer than its limit. */
  static final class TooLongException extends IOException {
    private static final long serialVersionUID = 1;

    TooLongException(int limit) {
      super("the answer is longer than the limit of " + limit + " bytes");
    }
  }

  private static final class Limited extends FilterInputStream {
    private final int limit;
    private long read;

    Limited(InputStream in, int limit) {
      super(in);
      this.limit = limit;
    }

    @Override
    public int read() throws IOException {
      int next = super.read();
      count(next < 0 ? 0 : 1);
      return next;
    }

    @Override
    public int read(byte[] buffer, int from, int length) throws IOException {
      int got = super.read(buffer, from, length);
      count(Math.max(0, got));
      return got;
    }

    private void count(int got) throws IOException {
      read += got;
      if (read > limit) {
        throw new TooLongException(limit);
      }
    }
  }
}
