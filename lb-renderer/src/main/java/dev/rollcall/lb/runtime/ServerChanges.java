package dev.rollcall.lb.runtime;

import dev.rollcall.lb.runtime.ServerStep.AddServer;
import dev.rollcall.lb.runtime.ServerStep.ChangeAddress;
import dev.rollcall.lb.runtime.ServerStep.ChangeWeight;
import dev.rollcall.lb.runtime.ServerStep.EnableCheck;
import dev.rollcall.lb.runtime.ServerStep.RemoveServer;
import dev.rollcall.lb.runtime.ServerStep.ReturnServer;
import dev.rollcall.lb.runtime.ServerStep.SetState;
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
public final class ServerChanges {

  private static final Logger log = LoggerFactory.getLogger(ServerChanges.class);

  /** 2026-01-01: numbers of servers have 31 bits. */
  private static final long FIRST_SECOND = 1_767_225_600;

  private ServerChanges() {}

  /**
   * Makes the change, in one conversation. Servers that are to go are drained, and deleted at once
   * where they are idle.
   *
   * @param steps as {@link ServerDiff} has them: those that remove servers last
   */
  public static ChangeOutcome make(List<ServerStep> steps, RuntimeApi api) {
    return during(api, session -> make(steps, session));
  }

  /**
   * Deletes servers that an earlier change could not, now if they are idle.
   *
   * @param leaving as {@link ChangeOutcome.Made#leaving} told
   */
  public static ChangeOutcome deleteIdle(Collection<Leaving> leaving, RuntimeApi api) {
    return during(api, session -> deleteIdle(leaving, session));
  }

  /** Looks at the servers. HAProxys of any version tell. */
  public static RunningServers look(RuntimeApi api) {
    try (CommandSession session = api.open()) {
      return new RunningServers.Seen(new Dialogue(session).state());
    } catch (RuntimeApiException e) {
      return new RunningServers.Unseen(e.getMessage());
    }
  }

  static ChangeOutcome make(List<ServerStep> steps, CommandSession session)
      throws RuntimeApiException {
    try {
      Dialogue dialogue = new Dialogue(session);
      dialogue.expectWorkerSince(
          steps.stream().allMatch(ServerChanges::isKnownOfOld)
              ? HaproxyVersion.SERVER_STATES
              : HaproxyVersion.RUNTIME_SERVERS);
      List<ServerStep> leave = steps.stream().filter(RemoveServer.class::isInstance).toList();
      List<ServerStep> others =
          steps.stream().filter(step -> !(step instanceof RemoveServer)).toList();
      // Whoever leaves waits for the verdict on those who join.
      run(dialogue, numbered(others, dialogue));
      run(dialogue, leave);
      List<Leaving> draining = leave.stream().map(step -> new Leaving(step.name(), false)).toList();
      return new ChangeOutcome.Made(new Removal(dialogue).deleteIdle(draining));
    } catch (NotAtRunTime e) {
      return new ChangeOutcome.NotMade(e.reason());
    }
  }

  private static boolean isKnownOfOld(ServerStep step) {
    return step instanceof SetState || step instanceof ChangeWeight || step instanceof EnableCheck;
  }

  /**
   * Gives numbers that no server of this worker had: HAProxy gives the lowest that is free. It
   * grows with the time, so that servers that somebody deleted meanwhile do not count.
   */
  private static List<ServerStep> numbered(List<ServerStep> steps, Dialogue dialogue)
      throws RuntimeApiException {
    if (steps.stream().noneMatch(step -> step instanceof AddServer add && add.ownNumber())) {
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
    List<ServerStep> numbered = new ArrayList<>();
    for (ServerStep step : steps) {
      if (step instanceof AddServer add && add.ownNumber()) {
        PoolServer server = add.server();
        numbered.add(
            new AddServer(
                new PoolServer(server.name(), server.address(), server.options().numbered(next++)),
                true));
      } else {
        numbered.add(step);
      }
    }
    return numbered;
  }

  private static void run(Dialogue dialogue, List<ServerStep> steps)
      throws RuntimeApiException, NotAtRunTime {
    dialogue.run(steps.stream().flatMap(step -> ServerCommands.of(step).stream()).toList());
    steps.forEach(step -> log.info("{} {}", step.name(), inWords(step)));
  }

  static ChangeOutcome deleteIdle(Collection<Leaving> leaving, CommandSession session)
      throws RuntimeApiException {
    try {
      Dialogue dialogue = new Dialogue(session);
      dialogue.expectChangeableWorker();
      return new ChangeOutcome.Made(new Removal(dialogue).deleteIdle(leaving));
    } catch (NotAtRunTime e) {
      return new ChangeOutcome.NotMade(e.reason());
    }
  }

  private static ChangeOutcome during(RuntimeApi api, Conversation conversation) {
    try (CommandSession session = api.open()) {
      return conversation.with(session);
    } catch (RuntimeApiException e) {
      return new ChangeOutcome.NotMade(e.getMessage());
    }
  }

  private static String inWords(ServerStep step) {
    if (step instanceof AddServer add) {
      return "joined at " + add.server().address();
    } else if (step instanceof RemoveServer) {
      return "is leaving";
    } else if (step instanceof ReturnServer back) {
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
    ChangeOutcome with(CommandSession session) throws RuntimeApiException;
  }
}
