package dev.rollcall.lb.haproxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A master socket whose answers a test decides. As the real one it answers each line and keeps the
 * connection open until the client has no more to say.
 */
final class FakeMasterSocket implements AutoCloseable {

  /** Decides on an answer; may be empty. */
  interface Script {
    String answer(String command) throws InterruptedException;
  }

  private final Path path;
  private final ServerSocketChannel server;
  private final Script script;
  private final List<String> commands = new CopyOnWriteArrayList<>();

  private FakeMasterSocket(Path path, ServerSocketChannel server, Script script) {
    this.path = path;
    this.server = server;
    this.script = script;
  }

  static FakeMasterSocket at(Path path, Script script) {
    try {
      Files.deleteIfExists(path);
      ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      server.bind(UnixDomainSocketAddress.of(path));
      FakeMasterSocket master = new FakeMasterSocket(path, server, script);
      Thread thread = new Thread(master::serve, "fake-master");
      thread.setDaemon(true);
      thread.start();
      return master;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All commands so far, in order. */
  List<String> commands() {
    return commands;
  }

  /** How often a command came. */
  long count(String command) {
    return commands.stream().filter(command::equals).count();
  }

  @Override
  public void close() {
    try {
      server.close();
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void serve() {
    try {
      while (true) {
        try (SocketChannel client = server.accept()) {
          talk(client);
        } catch (ClosedChannelException e) {
          return;
        } catch (IOException e) {
          // A client that went away is no reason to end.
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void talk(SocketChannel client) throws IOException, InterruptedException {
    StringBuilder received = new StringBuilder();
    ByteBuffer buffer = ByteBuffer.allocate(1024);
    while (client.read(buffer) >= 0) {
      buffer.flip();
      received.append(StandardCharsets.UTF_8.decode(buffer));
      buffer.clear();
      int end = received.indexOf("\n");
      if (end >= 0) {
        String command = received.substring(0, end);
        received.delete(0, end + 1);
        commands.add(command);
        String answer = script.answer(command);
        ByteBuffer bytes = ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
          client.write(bytes);
        }
      }
    }
  }
}
