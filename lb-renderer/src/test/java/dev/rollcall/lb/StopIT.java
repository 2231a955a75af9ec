package dev.rollcall.lb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The end of the program while something hangs: below what systemd and Docker give it. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class StopIT {
  private static final Duration CONTAINER = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  @Test
  void endsInTimeWhileAReloadHangs() throws Exception {
    Path socket = directory.resolve("m.sock");
    try (HangingMaster master = new HangingMaster(socket);
        RendererProcess renderer = start("--master-socket", socket.toString())) {
      assertThat(master.reloading.await(PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .as(renderer::log)
          .isTrue();

      renderer.signal("TERM");

      assertThat(renderer.ends(CONTAINER)).isZero();
      assertThat(directory.resolve("haproxy.cfg")).exists();
    }
  }

  @Test
  void endsInTimeWhileItWaitsForConsul() throws Exception {
    try (RendererProcess renderer = start("--wait-for-first", "3600")) {
      renderer.awaitLog("Template ");

      renderer.signal("TERM");

      assertThat(renderer.ends(CONTAINER)).isZero();
    }
  }

  private RendererProcess start(String... more) throws IOException {
    String[] arguments = {
      "run",
      "--consul",
      "http://127.0.0.1:1",
      "--listen",
      "127.0.0.1:0",
      "--output",
      directory.resolve("haproxy.cfg").toString(),
    };
    String[] all = new String[arguments.length + more.length];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return new RendererProcess(directory, Map.of("LB_RENDERER_WAIT_FOR_FIRST", "0"), all);
  }

  /** Tells of its processes, and never ends a reload. */
  private static final class HangingMaster implements AutoCloseable {
    private static final String PROCESSES =
        "1 master 0 [failed: 0] 0d00h00m50s 3.0.11\n# workers\n8 worker 0 0d00h00m50s 3.0.11\n";

    private final CountDownLatch reloading = new CountDownLatch(1);
    private final ServerSocketChannel server;

    HangingMaster(Path socket) throws IOException {
      Files.deleteIfExists(socket);
      server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      server.bind(UnixDomainSocketAddress.of(socket));
      Thread thread = new Thread(this::serve, "hanging-master");
      thread.setDaemon(true);
      thread.start();
    }

    private void serve() {
      try {
        while (true) {
          SocketChannel client = server.accept();
          ByteBuffer buffer = ByteBuffer.allocate(1024);
          client.read(buffer);
          String command = new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
          if (command.startsWith("reload")) {
            reloading.countDown();
          } else {
            client.write(ByteBuffer.wrap(PROCESSES.getBytes(StandardCharsets.UTF_8)));
            client.close();
          }
        }
      } catch (IOException e) {
        // It was closed.
      }
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }
}
