package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.config.ServerOptions;
import dev.rollcall.lb.haproxy.Haproxy.DrainingServer;
import dev.rollcall.lb.haproxy.ServerChange.AddServer;
import dev.rollcall.lb.haproxy.ServerChange.ChangeAddress;
import dev.rollcall.lb.haproxy.ServerChange.ChangeWeight;
import dev.rollcall.lb.haproxy.ServerChange.Definition;
import dev.rollcall.lb.haproxy.ServerChange.ReinstateServer;
import dev.rollcall.lb.haproxy.ServerChange.RemoveServer;
import dev.rollcall.lb.haproxy.ServerChange.SetState;
import dev.rollcall.lb.haproxy.ServerChange.State;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class CheckedSessionTest {

  private static final String ASK_S1 = "show stat 4 4 1";
  private static final String ASK_S2 = "show stat 4 4 2";
  private static final ServerName S1 = new ServerName("be", "s1");
  private static final ServerName S2 = new ServerName("be", "s2");
  private static final String ONLY_S2 = "be/s2 10.0.0.2 80 0 1 1 6 3 2";
  private static final String SERVERS =
      HaproxyReplies.state("be/s1 10.0.0.1 80 0 1 1 6 3 1", ONLY_S2);
  private static final AddServer ADD_S1 =
      new AddServer(
          new Definition(
              S1, ServerAddress.parse("10.0.0.1:80"), ServerOptions.fold(List.of("check"))));

  private final ScriptedSession haproxy = new ScriptedSession();
  private final Logger logger = (Logger) LoggerFactory.getLogger("dev.rollcall.lb.haproxy");
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @BeforeEach
  void listenToTheLog() {
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(log);
  }

  @Test
  void enablesCheckBeforeAddedServerServes() throws RuntimeApiException {
    haproxy
        .expect("show info", HaproxyReplies.info("3.0.11", 0))
        .expect("add server be/s1 10.0.0.1:80 check weight 1", "New server registered.")
        .silentAt("enable health be/s1", "enable server be/s1");
    assertThat(make(ADD_S1)).isEmpty();
    assertThat(logged()).containsExactly("be/s1 joined at 10.0.0.1:80");
  }

  @Test
  void setsWeightAddressAndState() throws RuntimeApiException {
    haproxy
        .expect("show info", HaproxyReplies.info("3.2.1", 0))
        .expect("set server be/s1 weight 7", "")
        .expect(
            "set server be/s1 addr 10.0.0.9 port 81",
            "IP changed from '10.0.0.1' to '10.0.0.9' by 'stats socket command'")
        .silentAt("set server be/s2 state maint", "set server be/s2 state ready");
    assertThat(
            make(
                new ChangeWeight(S1, 7),
                new ChangeAddress(S1, ServerAddress.parse("10.0.0.9:81")),
                new SetState(S2, State.MAINT),
                new SetState(S2, State.READY)))
        .isEmpty();
    assertThat(logged())
        .containsExactly(
            "be/s1 has weight 7", "be/s1 moved to 10.0.0.9:81", "be/s2 is maint", "be/s2 is ready");
  }

  @Test
  void looksWhichBackendsAreGoneIfTheReplyIsCut() throws RuntimeApiException {
    String backends = "# pxname,svname,qcur,scur,status\n";
    String row = ",BACKEND,0,0,UP (UNPUB)\n";
    haproxy
        .expect("show info", HaproxyReplies.info("3.4.7", 0))
        .expect("show stat -1 2 -1", backends + "be_a" + row + "be_b" + row + "be_c" + row)
        .expect(
            "del backend be_a", "Server be_a/s is going DOWN.\nServer deleted.\nBackend deleted.")
        .expect("del backend be_b", "Server be_a/s is going DOWN.\nServer del")
        .expect("del backend be_c", "Backend still has attached streams on it.")
        .expect("show stat -1 2 -1", backends + "be_c" + row);

    assertThat(
            new CheckedSession(haproxy).deleteIdleBackends(List.of("be_a", "be_b", "be_c", "be_d")))
        .containsExactly("be_c");
    assertThat(logged()).containsExactly("backend be_a left", "backend be_b left");
  }

  @Test
  void deletesIdleServerAtOnce() throws RuntimeApiException {
    haproxy
        .expect("show info", HaproxyReplies.info("3.0.11", 0))
        .silentAt("set server be/s1 state drain")
        .expect("show servers state be", SERVERS)
        .expect(ASK_S1, HaproxyReplies.stat("be,s1,0,0"))
        .silentAt("set server be/s1 state maint")
        .expect("del server be/s1", "Server deleted.");
    assertThat(make(new RemoveServer(S1, null))).isEmpty();
    assertThat(logged()).containsExactly("be/s1 is leaving", "be/s1 left");
  }

  @Test
  void leavesBusyServerInDrainWithoutWaiting() throws RuntimeApiException {
    haproxy
        .expect("show info", HaproxyReplies.info("3.0.11", 0))
        .silentAt("set server be/s1 state drain", "set server be/s2 state drain")
        .expect("show servers state be", SERVERS)
        .expect(ASK_S1, HaproxyReplies.stat("be,s1,1,2"))
        .expect(ASK_S2, HaproxyReplies.stat("be,s2,0,0"))
        .silentAt("set server be/s2 state maint")
        .expect("del server be/s2", "Server deleted.");
    assertThat(make(new RemoveServer(S1, null), new RemoveServer(S2, null)))
        .containsExactlyInAnyOrder(S1);
    assertThat(logged()).containsExactly("be/s1 is leaving", "be/s2 is leaving", "be/s2 left");
  }

  @Test
  void deletesDrainedServerLater() throws RuntimeApiException {
    haproxy
        .expect("show info", HaproxyReplies.info("3.0.11", 0))
        .expect("show servers state be", SERVERS)
        .expect(ASK_S1, HaproxyReplies.stat("be,s1,0,1"))
        .expect(ASK_S2, HaproxyReplies.stat("be,s2,0,0"))
        .silentAt("set server be/s2 state maint")
        .expect("del server be/s2", CheckedSession.BUSY);
    assertThat(deleteIdle(new DrainingServer(S1, false), new DrainingServer(S2, false)))
        .containsExactlyInAnyOrder(S1, S2);
    haproxy
        .expect("show info", HaproxyReplies.info("3.0.11", 0))
        .expect("show servers state be", SERVERS)
        .expect(ASK_S1, HaproxyReplies.stat("be,s1,0,0"))
        .expect(ASK_S2, HaproxyReplies.stat("be,s2,0,0"))
        .silentAt("set server be/s1 state maint")
        .expect("del server be/s1", "Server deleted.")
        .silentAt("set server be/s2 state maint")
        .expect("del server be/s2", "Server deleted.");
    assertThat(deleteIdle(new DrainingServer(S1, false), new DrainingServer(S2, false))).isEmpty();
    assertThat(logged()).containsExactly("be/s1 left", "be/s2 left");
  }

  @Test
  void putsOverdueServerIntoMaintenance() throws RuntimeApiException {
    haproxy
        .expect("show info", HaproxyReplies.info("3.0.11", 0))
        .expect("show servers state be", SERVERS)
        .expect(ASK_S1, HaproxyReplies.stat("be,s1,0,1"))
        .silentAt("set server be/s1 state maint")
        .expect("del server be/s1", CheckedSession.BUSY);
    assertThat(deleteIdle(new DrainingServer(S1, true))).containsExactlyInAnyOrder(S1);
  }

  @Test
  void missingServerCountsAsDeleted() throws RuntimeApiException {
    haproxy
        .expect("show info", HaproxyReplies.info("3.0.11", 0))
        .expect("show servers state be", HaproxyReplies.state(ONLY_S2));
    assertThat(deleteIdle(new DrainingServer(S1, false))).isEmpty();
  }

  @Test
  void asksForManyServersAtOnce() throws RuntimeApiException {
    List<ServerName> names = IntStream.rangeClosed(1, 9).mapToObj(i -> name("s" + i)).toList();
    String[] states = new String[names.size()];
    String[] rows = new String[names.size()];
    for (int i = 0; i < states.length; i++) {
      states[i] = names.get(i) + " 10.0.0.1 80 0 1 1 6 3 " + (i + 1);
      rows[i] = "be," + names.get(i).server() + ",0,1";
    }
    haproxy
        .expect("show info", HaproxyReplies.info("3.0.11", 0))
        .expect("show servers state be", HaproxyReplies.state(states))
        .expect("show stat 4 4 -1", HaproxyReplies.stat(rows));
    assertThat(
            deleteIdle(
                names.stream()
                    .map(name -> new DrainingServer(name, false))
                    .toArray(DrainingServer[]::new)))
        .containsExactlyInAnyOrderElementsOf(names);
  }

  private static ServerName name(String server) {
    return new ServerName("be", server);
  }

  @Test
  void trafficDoesNotWaitForAVersionThatIsKnown() throws RuntimeApiException {
    haproxy
        .expect("add server be/s1 10.0.0.1:80 check weight 1", "New server registered.")
        .silentAt("enable health be/s1", "enable server be/s1")
        .expect("show info", HaproxyReplies.info("3.0.11", 0));
    assertThat(new CheckedSession(haproxy).apply(List.of(ADD_S1), HaproxyVersion.release(3, 0)))
        .isEmpty();
  }

  @Test
  void noticesAnOldWorkerThoughItsVersionIsKnown() {
    haproxy
        .expect("add server be/s1 10.0.0.1:80 check weight 1", "New server registered.")
        .silentAt("enable health be/s1", "enable server be/s1")
        .expect("show info", HaproxyReplies.info("3.0.11", 1));
    assertThatThrownBy(
            () -> new CheckedSession(haproxy).apply(List.of(ADD_S1), HaproxyVersion.release(3, 0)))
        .isInstanceOf(RuntimeApiException.class)
        .hasMessageContaining("only finishes its connections");
  }

  @Test
  void serverOfAnEmptyBackendCountsAsDeleted() throws RuntimeApiException {
    haproxy
        .expect("show info", HaproxyReplies.info("3.0.11", 0))
        .expect("show servers state be", HaproxyReplies.STATE_HEADER);
    assertThat(deleteIdle(new DrainingServer(S1, false))).isEmpty();
  }

  @Test
  void serverInMaintenanceIsNotDrained() throws RuntimeApiException {
    haproxy
        .expect("show info", HaproxyReplies.info("3.0.11", 0))
        .expect("show servers state be", SERVERS)
        .expect(ASK_S1, HaproxyReplies.stat("be,s1,0,1"));
    assertThat(make(new RemoveServer(S1, null, true))).containsExactlyInAnyOrder(S1);
  }

  @Test
  void assignsIdThatNoOtherServerHad() throws RuntimeApiException {
    haproxy
        .expect("show info", HaproxyReplies.info("3.0.11", 0))
        .expect(
            "show servers state", HaproxyReplies.state("be/s2 10.0.0.2 80 0 1 1 6 3 2000000000"))
        .expect(
            "add server be/s1 10.0.0.1:80 check id 2000000001 weight 1", "New server registered.")
        .silentAt("enable health be/s1", "enable server be/s1");
    assertThat(make(new AddServer(ADD_S1.server(), true))).isEmpty();
  }

  @Test
  void oldHaproxyTakesStatesAndWeights() throws RuntimeApiException {
    haproxy
        .expect("show info", HaproxyReplies.info("2.6.12-1+deb12u3", 0))
        .silentAt("set server be/s1 state maint", "set server be/s1 weight 7");
    assertThat(make(new SetState(S1, State.MAINT), new ChangeWeight(S1, 7))).isEmpty();
  }

  @Test
  void reinstatesServerWithWhatItMissed() throws RuntimeApiException {
    haproxy
        .expect("show info", HaproxyReplies.info("3.0.11", 0))
        .expect("set server be/s1 addr 10.0.0.1 port 80", "nothing changed")
        .silentAt(
            "set server be/s1 weight 1",
            "set server be/s1 health up",
            "set server be/s1 state ready");
    assertThat(make(new ReinstateServer(ADD_S1.server()))).isEmpty();
    assertThat(logged()).containsExactly("be/s1 came back at 10.0.0.1:80");
  }

  @Test
  void sessionHasADeadline() throws RuntimeApiException {
    long[] now = {Long.MAX_VALUE - 1};
    CheckedSession session = new CheckedSession(haproxy, () -> now[0]);
    haproxy.expect("set server be/s1 weight 7", "");
    session.send(List.of(RuntimeCommand.silent("set server be/s1 weight 7")));
    // Wraps around, as the machine's may.
    now[0] += CheckedSession.LONGEST.toNanos() + 1;
    assertThatThrownBy(
            () -> session.send(List.of(RuntimeCommand.silent("set server be/s1 weight 8"))))
        .isInstanceOf(RuntimeApiException.class)
        .hasMessage("HAProxy took more than 30 s for one change");
  }

  @Test
  void removesNothingAfterUnexpectedReplyToAddServer() throws RuntimeApiException {
    haproxy
        .expect("show info", HaproxyReplies.info("3.0.11", 0))
        .expect(
            "add server be/s1 10.0.0.1:80 check weight 1",
            "Already exists a server with the same name in backend.")
        .silentAt("enable health be/s1", "enable server be/s1");
    assertThatThrownBy(() -> make(ADD_S1, new RemoveServer(S2, null)))
        .isInstanceOf(RuntimeApiException.class)
        .hasMessage(
            "\"add server be/s1 10.0.0.1:80 check weight 1\" was answered"
                + " \"Already exists a server with the same name in backend.\"");
    assertThat(logged()).isEmpty();
  }

  @Test
  void doesNotChangeOldHaproxy() throws RuntimeApiException {
    haproxy.expect("show info", HaproxyReplies.info("2.6.12-1+deb12u3", 0));
    assertThatThrownBy(() -> make(ADD_S1))
        .isInstanceOf(RuntimeApiException.class)
        .hasMessage("HAProxy 2.6.12 does not add and remove servers safely while it runs");
  }

  @Test
  void doesNotChangeOldWorker() throws RuntimeApiException {
    haproxy.expect("show info", HaproxyReplies.info("3.0.11", 1));
    assertThatThrownBy(() -> make(ADD_S1))
        .isInstanceOf(RuntimeApiException.class)
        .hasMessage("worker 8 is an old one that only finishes its connections");
  }

  private Set<ServerName> make(ServerChange... changes) throws RuntimeApiException {
    try {
      return new CheckedSession(haproxy).apply(List.of(changes), null);
    } finally {
      haproxy.close();
    }
  }

  private Set<ServerName> deleteIdle(DrainingServer... draining) throws RuntimeApiException {
    try {
      return new CheckedSession(haproxy).deleteIdle(List.of(draining));
    } finally {
      haproxy.close();
    }
  }

  private List<String> logged() {
    return log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }
}
