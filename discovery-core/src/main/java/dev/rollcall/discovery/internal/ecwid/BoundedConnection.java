package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.internal.concurrent.Clock;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.regex.Pattern;
import org.apache.http.HttpException;
import org.apache.http.HttpRequest;
import org.apache.http.config.MessageConstraints;
import org.apache.http.impl.conn.DefaultManagedHttpClientConnection;

/**
 * A connection whose answers are bounded as a whole, from the request to the last byte: a time-out
 * on a socket bounds one silence only, and begins anew with each byte that trickles in. Headers are
 * bounded in number and length. Unlike Apache's own connections it logs nothing, as those write
 * every header, the token too, to the log at level debug.
 */
final class BoundedConnection extends DefaultManagedHttpClientConnection {

  private static final int BUFFER = 8 * 1024;
  private static final MessageConstraints HEADERS =
      MessageConstraints.custom().setMaxHeaderCount(200).setMaxLineLength(16 * 1024).build();

  /** The parameter of a question that is to wait for a change. */
  private static final Pattern WAITS = Pattern.compile("[?&]wait=");

  private final Duration longest;
  private final Duration callBound;
  private final Clock clock;
  private Duration bound;
  private boolean answering;
  private long askedAt;

  /**
   * A connection that is not open yet.
   *
   * @param longest the longest that the answer to a question that waits for a change may take
   * @param callBound the longest that any other may take
   */
  BoundedConnection(Duration longest, Duration callBound, Clock clock) {
    super("consul", BUFFER, BUFFER, null, null, HEADERS, null, null, null, null);
    this.longest = longest;
    this.callBound = callBound;
    bound = callBound;
    this.clock = clock;
  }

  @Override
  public void sendRequestHeader(HttpRequest request) throws HttpException, IOException {
    bound = Deadline.bound(waits(request.getRequestLine().getUri()) ? longest : callBound);
    answering = true;
    askedAt = clock.nanoTime();
    super.sendRequestHeader(request);
  }

  /** Whether what a URL asks for is to wait for a change. */
  static boolean waits(String url) {
    return WAITS.matcher(url).find();
  }

  /**
   * The look whether the peer has hung up, between two requests: no answer is due then. A
   * connection from an address that this machine has no longer gets no answer ever.
   */
  @Override
  public boolean isStale() {
    answering = false;
    return !hasOwnAddress() || super.isStale();
  }

  private boolean hasOwnAddress() {
    InetAddress from = getLocalAddress();
    try {
      return from == null
          || from.isLoopbackAddress()
          || NetworkInterface.getByInetAddress(from) != null;
    } catch (SocketException e) {
      return true;
    }
  }

  @Override
  protected InputStream getSocketInputStream(Socket socket) throws IOException {
    return new Bounded(socket, super.getSocketInputStream(socket));
  }

  private final class Bounded extends FilterInputStream {
    private final Socket socket;

    Bounded(Socket socket, InputStream in) {
      super(in);
      this.socket = socket;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      int got = read(one, 0, 1);
      return got < 0 ? got : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int from, int length) throws IOException {
      if (!answering) {
        return super.read(buffer, from, length);
      }
      long left = bound.minus(clock.since(askedAt)).toMillis();
      if (left <= 0) {
        throw new SocketTimeoutException(
            "the answer was not complete after " + bound.toMillis() + " ms");
      }
      int silence = socket.getSoTimeout();
      if (silence > 0 && silence <= left) {
        return super.read(buffer, from, length);
      }
      socket.setSoTimeout((int) Math.min(left, Integer.MAX_VALUE));
      try {
        return super.read(buffer, from, length);
      } finally {
        // A refusal by TLS closes the socket, and is what must be told then.
        if (!socket.isClosed()) {
          socket.setSoTimeout(silence);
        }
      }
    }
  }
}
