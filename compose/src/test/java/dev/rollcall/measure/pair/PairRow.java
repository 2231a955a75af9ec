package dev.rollcall.measure.pair;

import dev.rollcall.measure.Waiting;
import dev.rollcall.measure.faults.FaultSuite;
import dev.rollcall.measure.faults.Findings;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;

/**
 * One thing that happens to a pair under load. Immutable.
 *
 * @param name what it is called on the command line
 * @param words what is done
 * @param mayFail how many GETs may fail, and how many POSTs; {@link #ANY} for no promise
 * @param before what is done before the load begins
 * @param action does it, and says what must hold
 * @param after what is done when nothing counts any more
 */
record PairRow(
    String name,
    String words,
    int mayFail,
    Step before,
    BiConsumer<BalancerPair, Findings> action,
    Step after)
    implements FaultSuite.NamedFault {
  private static final int ANY = -1;

  /** Without an answer for so long at most, when a machine is gone. */
  private static final Duration GAP = Duration.ofSeconds(3);

  private static final int TAKEOVER_LIMIT = 40;
  private static final int BOOT_LIMIT = 90;
  private static final String TAKEOVER = "A planned takeover";

  /** What is done to a pair. */
  interface Step {
    void on(BalancerPair pair);
  }

  static List<PairRow> all() {
    return List.of(
        new PairRow(
            "takeover",
            "HAProxy restarted on the one machine and then on the other, each after its address was released",
            0,
            pair -> {},
            PairRow::takeover,
            BalancerPair::awaitReady),
        new PairRow(
            "killed",
            "the machine with the address is gone, as when its power fails",
            ANY,
            pair -> {},
            PairRow::killed,
            pair -> {
              List.of(BalancerPair.LB1, BalancerPair.LB2).forEach(pair::powerOn);
              pair.awaitReady();
            }),
        new PairRow(
            "back",
            "the machine that was gone boots again",
            0,
            pair -> pair.powerOff(pair.withAddress().orElseThrow()),
            PairRow::back,
            BalancerPair::awaitReady));
  }

  private static void takeover(BalancerPair pair, Findings run) {
    List<String> steps = pair.blocks("how-to/pair.md", TAKEOVER);
    try (RetryingClient client = new RetryingClient(pair.url())) {
      for (String turn : List.of("first", "second")) {
        String machine = pair.withAddress().orElse(BalancerPair.LB1);
        run.startTimer();
        run.expect(turn + " release", pair.succeeds(machine, steps.get(0)));
        run.expect(
            turn + " address moved",
            () -> pair.hasAddress(BalancerPair.other(machine)) && !pair.hasAddress(machine));
        run.expect(turn + " restart", pair.succeeds(machine, steps.get(1)));
        run.awaitPool(TAKEOVER_LIMIT, turn + " done", pair::isWhole, () -> "not whole");
      }
      tell(run, client);
    }
  }

  private static void killed(BalancerPair pair, Findings run) {
    String machine = pair.withAddress().orElseThrow();
    String other = BalancerPair.other(machine);
    try (RetryingClient client = new RetryingClient(pair.url())) {
      Waiting.until(10, () -> client.requests() > 10);
      run.startTimer();
      pair.powerOff(machine);
      run.awaitPool(
          5, "by the other", () -> pair.hasAddress(other) && pair.serves(), () -> "not moved");
      int soFar = client.requests();
      Waiting.until(10, () -> client.requests() > soFar + 10);
      tell(run, client);
    }
  }

  private static void back(BalancerPair pair, Findings run) {
    String serving = pair.withAddress().orElseThrow();
    try (RetryingClient client = new RetryingClient(pair.url())) {
      run.startTimer();
      pair.powerOn(BalancerPair.other(serving));
      run.awaitPool(BOOT_LIMIT, "", pair::isWhole, () -> "not whole");
      run.expect("the address stays", () -> pair.hasAddress(serving));
      tell(run, client);
    }
  }

  private static void tell(Findings run, RetryingClient client) {
    run.expect(
        String.format(
            Locale.ROOT,
            "an answer within %d s (%.1f s at most)",
            GAP.toSeconds(),
            client.longest().toMillis() / 1e3),
        client.longest().compareTo(GAP) <= 0);
    run.expect(
        String.format(
            Locale.ROOT,
            "a client that repeats for %d s lost %d of %d",
            RetryingClient.PATIENCE.toSeconds(),
            client.lost(),
            client.requests()),
        client.lost() == 0);
  }
}
