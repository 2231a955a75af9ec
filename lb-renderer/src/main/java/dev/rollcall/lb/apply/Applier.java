package dev.rollcall.lb.apply;

import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.config.ConfigFileException;
import dev.rollcall.lb.config.ConfigReader;
import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.SideFiles;
import dev.rollcall.lb.haproxy.ConfigCheck;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.HaproxyStatus;
import dev.rollcall.lb.haproxy.ReloadResult;
import dev.rollcall.lb.plan.ChangePlan;
import dev.rollcall.lb.plan.Planner;
import dev.rollcall.lb.runtime.HaproxyVersion;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a rendered configuration into the file and into HAProxy: change its servers while it runs
 * where that will do, else check, write, reload, verify, and back to the last known good when
 * HAProxy does not take it.
 *
 * <p>Every call is bounded in time and ends with a value: neither a bad configuration nor an absent
 * HAProxy nor a full disk throws. Calls wait for each other, so there is one reload at a time.
 */
public final class Applier {

  private static final Logger log = LoggerFactory.getLogger(Applier.class);
  private static final String UNSEEN = "HAProxy was not seen to run the file";

  private final ConfigFile file;
  private final Haproxy haproxy;

  private final Quarantine quarantine;
  private final ConfigReader reader = new ConfigReader();
  private final SideFiles sides = new SideFiles();
  private final ProbedReload probed;
  private final LivePools pools;
  private final boolean atRunTime;

  /** Rendered last and not in the file, to be tried when HAProxy comes. */
  private @Nullable String held;

  /** What HAProxy runs already while the file could not be written. */
  private @Nullable String ahead;

  /** The parts it works with. Nothing is touched yet. */
  public Applier(ConfigFile file, Haproxy haproxy) {
    this(file, haproxy, InstantSource.system(), System::nanoTime, true);
  }

  Applier(
      ConfigFile file,
      Haproxy haproxy,
      InstantSource clock,
      LongSupplier nanos,
      boolean atRunTime) {
    this.file = file;
    this.haproxy = haproxy;
    this.quarantine = new Quarantine(clock);
    this.probed = new ProbedReload(haproxy);
    this.pools = new LivePools(haproxy, nanos);
    this.atRunTime = atRunTime;
  }

  /**
   * One that makes every change by a reload: for a caller who does not stay to {@link #tend} what a
   * change at run time leaves to be done.
   */
  public static Applier byReloads(ConfigFile file, Haproxy haproxy) {
    return new Applier(file, haproxy, InstantSource.system(), System::nanoTime, false);
  }

  /**
   * Applies a configuration and files beside it, which are written before it and go back with it.
   *
   * @param rendered the whole text; a missing newline at its end is added
   * @param others what is to be in the files beside it, by their paths; one that has changed and
   *     that the configuration reads makes a reload
   */
  public synchronized Applied apply(String rendered, Map<Path, String> others) {
    sides.want(others);
    return apply(rendered);
  }

  /**
   * Applies a configuration, with the files beside it as they were wanted last.
   *
   * @param rendered the whole text; a missing newline at its end is added
   */
  public synchronized Applied apply(String rendered) {
    long began = System.nanoTime();
    // Without it HAProxy refuses the file, and 3.4's master dies of it.
    String wanted = rendered.endsWith("\n") ? rendered : rendered + "\n";
    held = null;
    sides.begin();
    try {
      HaproxyConfig config = reader.read(wanted);
      if (!config.listens()) {
        // HAProxy calls such a file good, reloads, and serves nobody.
        return rejected(
            wanted, "no frontend or listen section has a bind: HAProxy would not listen");
      }
      if (quarantine.holds(config)) {
        return rejected(
            wanted, "HAProxy did not survive it more than once; it is tried again later");
      }
      sides.install();
      Optional<String> current = file.current();
      Optional<String> good = fileOnly() ? current : file.lastKnownGood();
      Optional<String> running = ahead == null ? good.or(() -> current) : Optional.of(ahead);
      if (running.isEmpty()) {
        return carryOut(wanted, "first configuration", began);
      }
      List<Path> due = sides.due(wanted, !fileOnly());
      if (!due.isEmpty()) {
        return carryOut(wanted, "changed: " + due, began);
      }
      ChangePlan plan = plan(reader.read(running.get()), config);
      if (plan instanceof ChangePlan.Reload reload) {
        return carryOut(wanted, reload.reason(), began);
      }
      if (!inForce(current, good)) {
        return carryOut(wanted, UNSEEN, began);
      }
      if (plan instanceof ChangePlan.RuntimeChange change) {
        return changeServers(wanted, config, change, began);
      }
      if (!current.equals(Optional.of(wanted))) {
        if (ahead != null) {
          return follow(wanted, new Applied.NoChange());
        }
        // Comments and blanks alone: HAProxy need not know.
        file.install(file.writeCandidate(wanted));
        markGood();
      }
      return new Applied.NoChange();
    } catch (ConfigFileException e) {
      takeSidesBack();
      return new Applied.Failed(e.getMessage());
    }
  }

  /**
   * Brings HAProxy to the state that was applied last: to be called at the start, and whenever
   * {@link Haproxy#onRestart} tells that it (re)appeared. A child that does not run is started from
   * the file.
   */
  public synchronized Applied level() {
    long began = System.nanoTime();
    if (held != null) {
      return apply(held);
    }
    try {
      if (ahead != null) {
        String wanted = ahead;
        if (pools.trouble(reader.read(wanted)).isPresent()) {
          // It began anew with the file, which knows less.
          ahead = null;
        }
        return apply(wanted);
      }
      Optional<String> current = file.current();
      if (current.isEmpty()) {
        return new Applied.Waiting("there is no configuration yet");
      }
      Optional<String> good = file.lastKnownGood();
      boolean startedFromIt = good.isEmpty() && haproxy.status().running();
      if (!startedFromIt && !inForce(current, good)) {
        return apply(current.get());
      }
      sides.begin();
      Optional<String> trouble = pools.trouble(reader.read(current.get()));
      return trouble.isPresent()
          ? carryOut(current.get(), trouble.get(), began)
          : new Applied.NoChange();
    } catch (ConfigFileException e) {
      return new Applied.Failed(e.getMessage());
    }
  }

  /**
   * Does what is due between changes: deletes servers that left once they are idle, and looks from
   * time to time whether HAProxy still has what it should. To be called about once a second.
   *
   * @return whether it has not: call {@link #level()} then
   */
  public synchronized boolean tend() {
    if (fileOnly() || !haproxy.status().running()) {
      return false;
    }
    pools.deleteIdle();
    if (!pools.lookDue()) {
      return false;
    }
    try {
      Optional<String> running = ahead == null ? file.lastKnownGood() : Optional.of(ahead);
      Optional<String> trouble = running.flatMap(text -> pools.trouble(reader.read(text)));
      trouble.ifPresent(what -> log.warn("{}", what));
      return trouble.isPresent();
    } catch (ConfigFileException e) {
      log.warn("HAProxy cannot be compared with its configuration: {}", e.getMessage());
      return false;
    }
  }

  private ChangePlan plan(HaproxyConfig running, HaproxyConfig wanted) {
    String version = haproxy.status().version();
    Optional<HaproxyVersion> known =
        atRunTime && version != null ? HaproxyVersion.find(version) : Optional.empty();
    return known
        .map(found -> Planner.plan(running, wanted, found, pools.departing()))
        .orElseGet(() -> Planner.plan(running, wanted));
  }

  /**
   * Servers first, the file after them: a write that is to survive a power cut, and {@code haproxy
   * -c}, cost tens of milliseconds each, which no instance that joins has to wait for. That is safe
   * because nothing but server lines differs, each of which HAProxy has judged by then in its
   * reply; because a HAProxy that restarts in between is brought level by its restart, and a file
   * that cannot be written is written later ({@link #ahead}); and because the file becomes the last
   * known good only when it has passed the check and HAProxy was seen to have its servers.
   */
  private Applied changeServers(
      String wanted, HaproxyConfig config, ChangePlan.RuntimeChange change, long began)
      throws ConfigFileException {
    Optional<String> trouble = pools.make(change.steps(), config);
    if (trouble.isPresent()) {
      return carryOut(wanted, change.summary() + "; not while it runs: " + trouble.get(), began);
    }
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    return follow(wanted, new Applied.Changed(change.summary(), took));
  }

  /** Brings the file to what HAProxy runs already. */
  private Applied follow(String wanted, Applied outcome) throws ConfigFileException {
    ahead = wanted;
    Path candidate = file.writeCandidate(wanted);
    if (haproxy.check(candidate) instanceof ConfigCheck.Refused refused) {
      file.discard(candidate);
      return takenBack(wanted, refused.message());
    }
    file.install(candidate);
    markGood();
    ahead = null;
    return outcome;
  }

  private Applied carryOut(String wanted, String reason, long began) throws ConfigFileException {
    Path candidate = file.writeCandidate(wanted);
    ConfigCheck check = haproxy.check(candidate);
    if (check instanceof ConfigCheck.Refused refused) {
      file.discard(candidate);
      return rejected(wanted, refused.message());
    }
    file.install(candidate);
    ReloadResult result = reload(wanted);
    if (result instanceof ReloadResult.Done) {
      markGood();
      quarantine.passed();
      return new Applied.Reloaded(reason, Duration.ofNanos(System.nanoTime() - began));
    }
    if (result instanceof ReloadResult.NotNeeded) {
      return new Applied.Written(reason);
    }
    if (result instanceof ReloadResult.Unreachable absent) {
      return waiting(wanted, check, absent.why());
    }
    if (result instanceof ReloadResult.Refused refused) {
      return takenBack(wanted, refused.message());
    }
    Applied broken = takenBack(wanted, ((ReloadResult.Broken) result).message());
    held = quarantine.broken(reader.read(wanted)) ? wanted : null;
    return broken;
  }

  /**
   * An absent HAProxy starts from the file, so what nobody could judge stays out of it when it
   * differs from the last known good by more than servers: HAProxy might never start again.
   */
  private Applied waiting(String wanted, ConfigCheck check, String why) throws ConfigFileException {
    Optional<String> good = file.lastKnownGood();
    if (check instanceof ConfigCheck.Passed || good.isEmpty() || sameShape(good.get(), wanted)) {
      return new Applied.Waiting(why);
    }
    takeSidesBack();
    file.restore();
    held = wanted;
    return new Applied.Waiting(why + "; the change is held back until it can judge it");
  }

  private Applied takenBack(String wanted, String message) throws ConfigFileException {
    Path kept = file.reject(wanted, message);
    takeSidesBack();
    if (!file.restore()) {
      return new Applied.Rejected(message, kept);
    }
    ReloadResult back = reload(file.current().orElse(""));
    if (back instanceof ReloadResult.Done) {
      markGood();
      return new Applied.Rejected(message, kept);
    }
    String trouble =
        back instanceof ReloadResult.Unreachable absent
            ? "HAProxy is gone (" + absent.why() + ") and finds the last known good when it starts"
            : "HAProxy did not take the last known good back: " + back;
    log.error("{}", trouble);
    return new Applied.Rejected(message + "\n" + trouble, kept);
  }

  /** What is beside the configuration must not keep the configuration itself from going back. */
  private void takeSidesBack() {
    try {
      sides.restore();
    } catch (ConfigFileException e) {
      log.error("cannot put back a file beside the configuration: {}", e.getMessage());
    }
  }

  private ReloadResult reload(String text) throws ConfigFileException {
    HaproxyConfig wanted = reader.read(text);
    HaproxyConfig before = reader.read(file.lastKnownGood().orElse(""));
    ReloadResult result = fileOnly() ? haproxy.reload() : probed.run(before, wanted);
    ahead = null;
    if (result instanceof ReloadResult.Done) {
      pools.reloaded(wanted);
    }
    return result;
  }

  private Applied rejected(String wanted, String message) throws ConfigFileException {
    takeSidesBack();
    return new Applied.Rejected(message, file.reject(wanted, message));
  }

  private void markGood() {
    try {
      file.markGood();
      sides.markGood();
    } catch (ConfigFileException e) {
      // It serves all the same; the next configuration is compared with an older one.
      log.warn("cannot note the configuration as good: {}", e.getMessage());
    }
  }

  private boolean inForce(Optional<String> current, Optional<String> good) {
    return fileOnly() || (haproxy.status().running() && current.equals(good));
  }

  private boolean fileOnly() {
    return haproxy.status().mode() == HaproxyStatus.Mode.FILE_ONLY;
  }

  private boolean sameShape(String one, String other) {
    return reader.read(one).withoutServers().equals(reader.read(other).withoutServers());
  }
}
