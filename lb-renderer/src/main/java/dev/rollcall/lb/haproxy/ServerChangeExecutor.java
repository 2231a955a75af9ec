package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.haproxy.ServerChange.AddServer;
import dev.rollcall.lb.haproxy.ServerChange.ChangeAddress;
import dev.rollcall.lb.haproxy.ServerChange.ChangeWeight;
import dev.rollcall.lb.haproxy.ServerChange.EnableCheck;
import dev.rollcall.lb.haproxy.ServerChange.ReinstateServer;
import dev.rollcall.lb.haproxy.ServerChange.RemoveServer;
import dev.rollcall.lb.haproxy.ServerChange.SetState;
import dev.rollcall.lb.update.ServerDiff;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries steps out in a running HAProxy: each reply is judged, and the first that is not known for
 * its command ends it, because a reload is then the sure way. Never throws because of HAProxy, and
 * never waits for a server's last connection. Stateless and thread-safe, but two changes of one
 * HAProxy at once are the caller's mistake.
 */
public final class ServerChangeExecutor {

  private static final Logger log = LoggerFactory.getLogger(ServerChangeExecutor.class);

  /** 2026-01-01: numbers of servers have 31 bits. */
  private static final long FIRST_SECOND = 1_767_225_600;

  private ServerChangeExecutor() {}

  /**
   * Makes the change, in one conversation. Servers that are to go are drained, and deleted at once
   * where they are idle.
   *
   * @param steps as {@link ServerDiff} has them: those that remove servers last
   */
  public static ChangeResult apply(List<ServerChange> steps, RuntimeApi api) {
    return inSession(api, session -> apply(steps, session));
  }

  /**
   * Deletes servers that an earlier change could not, now if they are idle.
   *
   * @param leaving as {@link ChangeResult.Success#draining} told
   */
  public static ChangeResult deleteIdle(Collection<DrainingServer> leaving, RuntimeApi api) {
    return inSession(api, session -> deleteIdle(leaving, session));
  }

  /** Looks at the servers. HAProxys of any version tell. */
  public static RunningServers servers(RuntimeApi api) {
    try (RuntimeSession session = api.open()) {
      return new RunningServers.Seen(new CheckedSession(session).state());
    } catch (RuntimeApiException e) {
      return new RunningServers.Unseen(e.getMessage());
    }
  }

  static ChangeResult apply(List<ServerChange> steps, RuntimeSession session)
      throws RuntimeApiException {
    try {
      CheckedSession dialogue = new CheckedSession(session);
      dialogue.requireVersion(
          steps.stream().allMatch(ServerChangeExecutor::isSetCommand)
              ? HaproxyVersion.SERVER_STATES
              : HaproxyVersion.RUNTIME_SERVERS);
      List<ServerChange> leave = steps.stream().filter(RemoveServer.class::isInstance).toList();
      List<ServerChange> others =
          steps.stream().filter(step -> !(step instanceof RemoveServer)).toList();
      // Whoever leaves waits for the verdict on those who join.
      run(dialogue, withUniqueIds(others, dialogue));
      run(dialogue, leave);
      List<DrainingServer> draining =
          leave.stream().map(step -> new DrainingServer(step.name(), false)).toList();
      return new ChangeResult.Success(new ServerRemover(dialogue).deleteIdle(draining));
    } catch (ReloadRequiredException e) {
      return new ChangeResult.Failure(e.reason());
    }
  }

  private static boolean isSetCommand(ServerChange step) {
    return step instanceof SetState || step instanceof ChangeWeight || step instanceof EnableCheck;
  }

  /**
   * Gives numbers that no server of this worker had: HAProxy gives the lowest that is free. It
   * grows with the time, so that servers that somebody deleted meanwhile do not count.
   */
  private static List<ServerChange> withUniqueIds(List<ServerChange> steps, CheckedSession dialogue)
      throws RuntimeApiException {
    if (steps.stream().noneMatch(step -> step instanceof AddServer add && add.uniqueId())) {
      return steps;
    }
    long next =
        Math.max(
                System.currentTimeMillis() / 1_000 - FIRST_SECOND,
                dialogue.state().servers().stream()
                    .mapToLong(server -> server.numbers().server())
                    .max()
                    .orElse(0))
            + 1;
    List<ServerChange> numbered = new ArrayList<>();
    for (ServerChange step : steps) {
      if (step instanceof AddServer add && add.uniqueId()) {
        ServerDefinition server = add.server();
        numbered.add(
            new AddServer(
                new ServerDefinition(
                    server.name(), server.address(), server.options().withId(next++)),
                true));
      } else {
        numbered.add(step);
      }
    }
    return numbered;
  }

  private static void run(CheckedSession dialogue, List<ServerChange> steps)
      throws RuntimeApiException, ReloadRequiredException {
    dialogue.run(steps.stream().flatMap(step -> ServerCommands.of(step).stream()).toList());
    steps.forEach(step -> log.info("{} {}", step.name(), describe(step)));
  }

  static ChangeResult deleteIdle(Collection<DrainingServer> leaving, RuntimeSession session)
      throws RuntimeApiException {
    try {
      CheckedSession dialogue = new CheckedSession(session);
      dialogue.requireRuntimeServers();
      return new ChangeResult.Success(new ServerRemover(dialogue).deleteIdle(leaving));
    } catch (ReloadRequiredException e) {
      return new ChangeResult.Failure(e.reason());
    }
  }

  private static ChangeResult inSession(RuntimeApi api, Conversation conversation) {
    try (RuntimeSession session = api.open()) {
      return conversation.with(session);
    } catch (RuntimeApiException e) {
      return new ChangeResult.Failure(e.getMessage());
    }
  }

  private static String describe(ServerChange step) {
    if (step instanceof AddServer add) {
      return "joined at " + add.server().address();
    } else if (step instanceof RemoveServer) {
      return "is leaving";
    } else if (step instanceof ReinstateServer back) {
      return "came back at " + back.server().address();
    } else if (step instanceof ChangeWeight change) {
      return "has weight " + change.weight();
    } else if (step instanceof ChangeAddress change) {
      return "moved to " + change.address();
    }
    if (step instanceof EnableCheck) {
      return "is checked again";
    }
    return "is " + ((SetState) step).state().name().toLowerCase(Locale.ROOT);
  }

  private interface Conversation {
    ChangeResult with(RuntimeSession session) throws RuntimeApiException;
  }
}
