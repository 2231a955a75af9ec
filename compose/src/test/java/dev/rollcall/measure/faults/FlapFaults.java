package dev.rollcall.measure.faults;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Registrations that come and go faster than anybody should follow. */
final class FlapFaults {
  private static final int INSTANCES = 100;
  private static final int PORT_BEFORE_FIRST = 20_000;
  private static final Duration LENGTH = Duration.ofSeconds(60);
  private static final long PACE_NANOS = 1_000_000_000L / INSTANCES;
  private static final int FEWEST = 10 * INSTANCES;

  /**
   * What a minute of it may cost: changes applied, one for each 200 ms (MIN of {@code --wait}),
   * though it is one a second (MAX) as long as there is a flap in each 200 ms, which a busy machine
   * does not get done; and seconds of lb-renderer's CPU.
   */
  private static final int MOST_APPLIES = 300;

  private static final int MOST_CPU_SECONDS = 15;
  private static final int TICKS_A_SECOND = 100;

  private final FaultRun run;
  private final SystemUnderTest system;
  private final List<String> nodes;
  private final List<String> addresses;

  private FlapFaults(FaultRun run) {
    this.run = run;
    system = run.system;
    nodes = system.nodes();
    addresses = nodes.stream().map(system::address).toList();
  }

  static List<Fault> all() {
    return List.of(
        Fault.lossless(
                "flap",
                "100 registrations more flap for a minute, half by their check, half by registering"
                    + " and deregistering",
                run -> new FlapFaults(run).flap())
            .needing("packet-filter"));
  }

  private void flap() {
    String renderer = system.container("lb-renderer");
    nodes.forEach(node -> redirect(node, "-A"));
    long reloads = system.reloads();
    long applies = system.applies();
    long cpu = cpuSeconds(renderer);
    int flaps = flapForAMinute();
    applies = system.applies() - applies;
    cpu = cpuSeconds(renderer) - cpu;
    for (int i = 1; i <= INSTANCES; i++) {
      put("service/deregister/flap-" + i, null);
    }
    run.startTimer();
    run.awaitPool(35); // what had failed together the guard lets go after 30 s, though it has left
    run.expect(flaps + " flaps, at least " + FEWEST, flaps >= FEWEST);
    // Otherwise it would be no flapping that was tried.
    run.expect("more than 20 servers up at times", run.mostUp() > 20);
    run.expect(
        "%d changes applied, at most %d".formatted(applies, MOST_APPLIES), applies <= MOST_APPLIES);
    // Below 0: it could not be read.
    run.expect(
        "lb-renderer took %d s of CPU, at most %d s".formatted(cpu, MOST_CPU_SECONDS),
        cpu >= 0 && cpu <= MOST_CPU_SECONDS);
    run.expect("0 reloads", () -> system.reloads() == reloads);
    run.sleep(12); // the longest that a server which leaves goes on
    nodes.forEach(node -> redirect(node, "-D"));
  }

  /** Each instance has a port of its own, which leads to its node's: so all of them are well. */
  private void redirect(String node, String how) {
    String ports = (PORT_BEFORE_FIRST + 1) + ":" + (PORT_BEFORE_FIRST + INSTANCES);
    NetworkFaults.filter(
        run,
        node,
        List.of(
            "-t",
            "nat",
            how,
            "PREROUTING",
            "-p",
            "tcp",
            "--dport",
            ports,
            "-j",
            "REDIRECT",
            "--to-ports",
            "8080"));
  }

  /**
   * Each becomes unwell and well again, by one connection and at a fixed rate, so that it flaps as
   * fast on a busy machine. Returns how often, as Consul had it.
   */
  private int flapForAMinute() {
    for (int i = 1; i <= INSTANCES; i++) {
      register(i);
    }
    int flaps = 0;
    long began = System.nanoTime();
    long next = began;
    for (boolean well = false; ; well = !well) {
      for (int i = 1; i <= INSTANCES; i++) {
        if (System.nanoTime() - began >= LENGTH.toNanos()) {
          return flaps;
        }
        flaps += turn(i, well) ? 1 : 0;
        next = Math.max(next + PACE_NANOS, System.nanoTime() - PACE_NANOS);
        LockSupport.parkNanos(next - System.nanoTime());
      }
    }
  }

  /** Instances of even number become so by their check. */
  private boolean turn(int i, boolean well) {
    if (i % 2 == 0) {
      return put((well ? "check/pass" : "check/fail") + "/service:flap-" + i, null);
    }
    return well ? register(i) : put("service/deregister/flap-" + i, null);
  }

  private boolean register(int i) {
    JsonObject check = new JsonObject();
    check.addProperty("TTL", "120s");
    check.addProperty("Status", "passing");
    JsonObject service = new JsonObject();
    service.addProperty("ID", "flap-" + i);
    service.addProperty("Name", "web");
    service.addProperty("Address", addresses.get(i % addresses.size()));
    service.addProperty("Port", PORT_BEFORE_FIRST + i);
    service.add("Check", check);
    return put("service/register", service.toString());
  }

  private boolean put(String path, @Nullable String body) {
    try {
      return system
              .client()
              .send(
                  system
                      .consulRequest("PUT", "/v1/agent/" + path, body)
                      .timeout(Duration.ofSeconds(2))
                      .build(),
                  BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException noAnswer) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Of the first process of a container. */
  private long cpuSeconds(String container) {
    String stat = system.commands().read("docker", "exec", container, "cat", "/proc/1/stat");
    List<String> fields = new ArrayList<>(List.of(stat.split(" ", -1)));
    return fields.size() < 15
        ? -1
        : Math.round(
            (Long.parseLong(fields.get(13)) + Long.parseLong(fields.get(14)))
                / (double) TICKS_A_SECOND);
  }
}
