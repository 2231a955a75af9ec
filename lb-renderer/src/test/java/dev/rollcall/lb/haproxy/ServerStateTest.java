package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.lb.haproxy.ServerState.Operation;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerStateTest {

  private static final String HEADER =
      "1\n# be_name srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_port\n";

  @Test
  void readsTable() throws RuntimeApiException {
    String answer =
        HaproxyReplies.STATE_HEADER
            + "4 be 1 s0 127.0.0.1 2 0 1 1 25 15 3 4 6 0 0 0 - 9000 - 0 0 - - 0\n"
            + "4 be 2 s1 ::1 0 5 10 20 25 15 3 4 6 0 0 0 - 9001 - 0 0 - - 0\n"
            + "5 other 1 s0 - 1 32 0 1 25 15 3 4 6 0 0 0 db.example.org 0 - 0 0 - - 0\n";
    assertThat(plain(answer))
        .containsExactly(
            new ServerState("be", "s0", "127.0.0.1", 9000, 1, 0, Operation.RUNNING),
            new ServerState("be", "s1", "::1", 9001, 10, 5, Operation.STOPPED),
            new ServerState("other", "s0", "-", 0, 0, 32, Operation.STARTING));
  }

  @Test
  void readsInitialWeightAndCheckState() throws RuntimeApiException {
    String row = "4 be 7 s0 127.0.0.1 2 0 3 10 25 15 3 4 %d 0 0 0 - 9000 - 0 0 - - 0\n";
    ServerState.Numbers numbers =
        ServerState.parse(HaproxyReplies.STATE_HEADER + String.format(row, 6)).get(0).numbers();
    assertThat(numbers)
        .isEqualTo(new ServerState.Numbers(4, 7, 10, Duration.ofSeconds(25), 6, 3, 0));
    assertThat(numbers.checkDisabled()).isFalse();
    assertThat(numbers.checkPassed()).isTrue();
    assertThat(
            ServerState.parse(HaproxyReplies.STATE_HEADER + String.format(row, 2))
                .get(0)
                .numbers()
                .checkDisabled())
        .isTrue();
  }

  @Test
  void readsTableWithoutServers() throws RuntimeApiException {
    assertThat(ServerState.parse(HaproxyReplies.STATE_HEADER)).isEmpty();
  }

  @Test
  void readsColumnsByName() throws RuntimeApiException {
    String answer =
        """
        1
        # srv_name be_name new srv_port srv_addr srv_uweight srv_admin_state srv_op_state
        s0 be x 80 10.0.0.1 7 8 3
        """;
    assertThat(plain(answer))
        .containsExactly(new ServerState("be", "s0", "10.0.0.1", 80, 7, 8, Operation.STOPPING));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "2\n# be_name srv_name\n",
        "Permission denied",
        "Can't find backend.",
        "1\nbe_name srv_name\n",
        "1\n# be_name srv_name\nbe s0\n",
        HEADER + "be s0\n",
        HEADER + "be s0 10.0.0.1 9 0 1 80\n",
        HEADER + "be s0 10.0.0.1 2 x 1 80\n",
      })
  void rejectsOtherReplies(String answer) {
    assertThatThrownBy(() -> ServerState.parse(answer))
        .isInstanceOf(RuntimeApiException.class)
        .hasMessageStartingWith("\"show servers state\" is not understood at ")
        .hasMessageNotContaining("\n");
  }

  @Test
  void decodesAdministrativeState() {
    assertThat(admin(4).maintenance())
        .as("disabled in the configuration, then set ready")
        .isFalse();
    assertThat(admin(4).configuredMaintenance()).isTrue();
    assertThat(admin(5).maintenance()).isTrue();
    assertThat(admin(8).draining()).isTrue();
    for (int bit : new int[] {0, 2, 16, 32}) {
      assertThat(admin(bit).maintenance()).as("not ordered: bit %d", bit).isFalse();
      assertThat(admin(bit).draining()).as("not ordered: bit %d", bit).isFalse();
    }
  }

  private static ServerState admin(int bits) {
    return new ServerState("be", "s0", "10.0.0.1", 80, 1, bits, Operation.RUNNING);
  }

  /** Without what is beside. */
  private static Stream<ServerState> plain(String answer) throws RuntimeApiException {
    return ServerState.parse(answer).stream()
        .map(
            state ->
                new ServerState(
                    state.backend(),
                    state.server(),
                    state.ip(),
                    state.port(),
                    state.weight(),
                    state.admin(),
                    state.operation()));
  }
}
