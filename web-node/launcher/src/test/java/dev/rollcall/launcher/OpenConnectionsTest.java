package dev.rollcall.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenConnectionsTest {
  private static final String HEAD =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";

  @TempDir Path directory;

  private int count(int port, String... lines) throws Exception {
    Path table = directory.resolve("tcp");
    Files.writeString(table, HEAD + String.join("\n", lines) + "\n");
    return new OpenConnections(port, List.of(table, directory.resolve("absent"))).count();
  }

  private static String line(String local, String remote, String state) {
    return "   0: " + local + " " + remote + " " + state + " 00000000:00000000 00:00000000";
  }

  @Test
  void countsEstablishedOnesOfThePort() throws Exception {
    assertThat(
            count(
                8080,
                line("0100A8C0:1F90", "0200A8C0:C001", "01"),
                line("0100A8C0:1F90", "0200A8C0:C002", "08"),
                line("0100A8C0:1F90", "0200A8C0:C003", "06"),
                line("00000000:1F90", "00000000:0000", "0A"),
                line("0100A8C0:1F91", "0200A8C0:C004", "01"),
                line("0100A8C0:C005", "0200A8C0:1F90", "01")))
        .isEqualTo(2);
  }

  @Test
  void leavesOutThisMachinesOwn() throws Exception {
    assertThat(
            count(
                80,
                line("0100007F:0050", "0100007F:C001", "01"),
                line(
                    "00000000000000000000000001000000:0050",
                    "00000000000000000000000001000000:C001",
                    "01"),
                line(
                    "0000000000000000FFFF00000100007F:0050",
                    "0000000000000000FFFF00000100007F:C001",
                    "01"),
                line(
                    "0000000000000000FFFF00000100A8C0:0050",
                    "0000000000000000FFFF00000200A8C0:C001",
                    "01")))
        .isEqualTo(1);
  }

  @Test
  void readsTheTablesOfThisKernel() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket accepted = server.accept()) {
      assertThat(accepted.isConnected() && client.isConnected()).isTrue();
      assertThat(OpenConnections.of(server.getLocalPort()).count()).isZero();
    }
  }
}
