package dev.rollcall.measure.faults;

import dev.rollcall.measure.Waiting;
import java.util.List;
import java.util.Locale;

/** Templates that change, well or badly. */
final class TemplateFaults {
  private TemplateFaults() {}

  static List<Fault> all() {
    return List.of(
        Fault.lossless("edit", "the template edited 20 times, each a reload", TemplateFaults::edit),
        Fault.lossless(
            "bad",
            "a template that HAProxy refuses is saved; mended after 10 s",
            TemplateFaults::bad));
  }

  private static void edit(FaultRun run) {
    SystemUnderTest system = run.system;
    long before = system.reloads();
    long began = System.nanoTime();
    int missed = 0;
    for (int edit = 1; edit <= 20; edit++) {
      long wanted = before + edit;
      system.editTemplate(10 + edit + "s");
      missed += Waiting.until(15, () -> system.reloads() == wanted) ? 0 : 1;
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    run.startTimer();
    run.awaitPool(5, "after the last");
    run.expect(String.format(Locale.ROOT, "20 reloads in %.1f s", seconds), missed == 0);
    system.restoreTemplate();
    Waiting.until(15, () -> system.reloads() == before + 21);
  }

  private static void bad(FaultRun run) {
    run.system.editTemplate("nonsense");
    run.expectWithin(15, "not ready while bad", () -> !run.system.isReady());
    run.sleep(10);
    run.startTimer();
    run.system.restoreTemplate();
    run.expectWithin(15, "ready again by itself", run.system::isReady);
    run.awaitPool(15, "mended");
  }
}
