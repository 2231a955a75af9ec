package dev.rollcall.lb.update;

import dev.rollcall.lb.config.AuxiliaryFiles;
import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.config.ConfigFileException;
import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.HaproxyConfig.CachingConfigParser;
import dev.rollcall.lb.haproxy.Backoff;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.Haproxy.ConfigCheck;
import dev.rollcall.lb.haproxy.Haproxy.ReloadResult;
import dev.rollcall.lb.haproxy.HaproxyStatus;
import dev.rollcall.lb.haproxy.ListenerProbe;
import dev.rollcall.lb.haproxy.MapChange;
import dev.rollcall.lb.update.OperatorOverride.Status;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies a rendered configuration to the file and to HAProxy: changes servers at run time where
 * that is enough, else checks, writes, reloads and verifies, and rolls back to the last known good
 * when HAProxy refuses it.
 *
 * <p>Every call is bounded in time. A bad configuration, an absent HAProxy or a full disk is
 * reported by the result. Thread-safe: one call at a time.
 */
public final class ConfigApplier {

  private static final Logger log = LoggerFactory.getLogger(ConfigApplier.class);
  private static final String UNSEEN = "HAProxy was not seen to run the file";
  private static final String EDITED_AND_READ =
      "somebody else changed the file and had HAProxy read it";

  /** How long a change waits for its check: enough for a small configuration. */
  private static final Duration PROMPT = Duration.ofMillis(500);

  /** Pause before a refused file is checked again; ten times the length of a long check. */
  private static final Duration RECHECK = Duration.ofSeconds(10);

  private static final int RECHECK_FACTOR = 10;

  /** The file and line in HAProxy's message: the same text is in several files. */
  private static final Pattern PLACE =
      Pattern.compile("\\[[^\\]\\s]*:[0-9]+\\]|(?<=configuration file : )\\S+");

  /** How long after an edit of the file a reload may have read it. */
  private static final Duration EDITED = Duration.ofSeconds(10);

  /** The longest pause between two restorations of an edited file. */
  private static final Duration MAX_RESTORE_PAUSE = Duration.ofMinutes(1);

  private static final Backoff RESTORE_PAUSE =
      new Backoff(Duration.ofSeconds(1), MAX_RESTORE_PAUSE, 0);

  private final ConfigFile file;
  private final Haproxy haproxy;

  private final FailedConfigHoldoff holdoff;
  private final CachingConfigParser parser = new CachingConfigParser();
  private final AuxiliaryFiles auxiliaryFiles = new AuxiliaryFiles();
  private final RuntimeServers servers;
  private final BackgroundCheck checks;
  private final LongSupplier nanos;

  /** Rendered last and not in the file, to be applied when HAProxy appears. */
  private @Nullable String pending;

  /** What HAProxy runs while the file is not written or not checked yet. */
  private @Nullable String unconfirmed;

  /** The last known good, if it could not be recorded on disk. */
  private @Nullable String unrecordedGood;

  /** What this run wrote to the file last, and the file's stamp since then. */
  private @Nullable String written;

  private String stamp = "";

  /** Why HAProxy could not be compared with its configuration the last time; empty if it could. */
  private String incomparable = "";

  /** The text that was rolled back last after its check. */
  private @Nullable String refused;

  /** After a change whose check failed: check before the next change. */
  private boolean checkFirst;

  private volatile @Nullable String warning;
  private long recheckAt;
  private long checkBegan;
  private long knownWorker;
  private long restoreAt;
  private int restores;
  private long editedAt;
  private boolean edited;

  /** Nothing is read or written yet. */
  public ConfigApplier(ConfigFile file, Haproxy haproxy) {
    this(file, haproxy, InstantSource.system(), System::nanoTime, true, BackgroundCheck.threads());
  }

  ConfigApplier(
      ConfigFile file,
      Haproxy haproxy,
      InstantSource clock,
      LongSupplier nanos,
      boolean atRunTime,
      Executor executor) {
    this.file = file;
    this.haproxy = haproxy;
    this.holdoff = new FailedConfigHoldoff(clock);
    this.servers = new RuntimeServers(haproxy, nanos, atRunTime);
    this.checks = new BackgroundCheck(haproxy, executor);
    this.nanos = nanos;
    this.restoreAt = nanos.getAsLong();
  }

  /** Makes every change by a reload: for a caller who does not call {@link #maintain}. */
  public static ConfigApplier reloadOnly(ConfigFile file, Haproxy haproxy) {
    return new ConfigApplier(
        file, haproxy, InstantSource.system(), System::nanoTime, false, BackgroundCheck.threads());
  }

  /**
   * Why HAProxy would refuse the configuration that it runs: a certificate, a map or a host name
   * that it reads beside it is bad. It keeps serving, and servers are changed at run time. Safe
   * from any thread.
   *
   * @return HAProxy's message; empty if there is none
   */
  public Optional<String> warning() {
    return Optional.ofNullable(warning);
  }

  /**
   * Applies a configuration and auxiliary files, which are written before it and rolled back with
   * it.
   *
   * @param rendered the whole text; a missing newline at its end is added
   * @param others the auxiliary files by path; a changed one that the configuration reads needs a
   *     reload
   */
  public synchronized ApplyResult apply(String rendered, Map<Path, String> others) {
    auxiliaryFiles.setWanted(others);
    return apply(rendered);
  }

  /**
   * Applies a configuration with the auxiliary files of the last call.
   *
   * @param rendered the whole text; a missing newline at its end is added
   */
  public synchronized ApplyResult apply(String rendered) {
    long began = System.nanoTime();
    // Without it HAProxy refuses the file, and the master of 3.4 exits.
    String wanted = rendered.endsWith("\n") ? rendered : rendered + "\n";
    pending = null;
    auxiliaryFiles.beginChange();
    try {
      HaproxyConfig config = parser.parse(wanted);
      boolean child = haproxy.status().mode() == HaproxyStatus.Mode.CHILD;
      if (!config.listens() && (child || !config.isPartial())) {
        // HAProxy accepts such a file, reloads, and serves nobody.
        return rejected(
            wanted, "no frontend or listen section has a bind: HAProxy would not listen");
      }
      if (holdoff.isHeldOff(config)) {
        return rejected(
            wanted, "HAProxy did not survive it more than once; it is tried again later");
      }
      Optional<ApplyResult> late = verdict();
      if (late.isPresent() && wanted.equals(refused)) {
        return late.get();
      }
      auxiliaryFiles.install();
      Optional<String> current = current();
      Optional<String> good = fileOnly() ? current : lastKnownGood();
      Optional<String> running =
          unconfirmed == null ? good.or(() -> current) : Optional.of(unconfirmed);
      if (running.isEmpty()) {
        return applyByReload(wanted, "first configuration", began);
      }
      List<AuxiliaryFiles.Change> due = auxiliaryFiles.changes(wanted, !fileOnly());
      UpdatePlan plan = plan(parser.parse(running.get()), config, due);
      if (plan instanceof UpdatePlan.Reload reload) {
        return applyByReload(wanted, reload.reason(), began);
      }
      if (!isRunning(current, good)) {
        return applyByReload(wanted, UNSEEN, began);
      }
      if (plan instanceof UpdatePlan.RuntimeChange change) {
        return changeServers(wanted, parser.parse(running.get()), config, change, began);
      }
      if (!current.equals(Optional.of(wanted))) {
        if (unconfirmed != null) {
          return writeAfterRuntimeChange(wanted, new ApplyResult.NoChange());
        }
        // Only comments and blanks changed.
        install(file.writeCandidate(wanted), wanted);
        markGood();
      } else if (!due.isEmpty() && unconfirmed == null) {
        markGood();
      }
      recordApplied(wanted);
      return new ApplyResult.NoChange();
    } catch (ConfigFileException e) {
      restoreRunningAuxiliaryFiles();
      return new ApplyResult.Failed(e.getMessage());
    }
  }

  /**
   * Brings HAProxy to the configuration that was applied last: to be called at the start, and when
   * {@link Haproxy#onRestart} notifies. A child that does not run is started from the file.
   */
  public synchronized ApplyResult reconcile() {
    long began = System.nanoTime();
    if (pending != null) {
      return apply(pending);
    }
    try {
      Optional<ApplyResult> late = verdict();
      if (late.isPresent()) {
        return late.get();
      }
      if (unconfirmed != null) {
        return reconcileUnconfirmed(unconfirmed, began);
      }
      boolean edited = restoreIfEdited();
      Optional<String> current = written == null ? file.current() : Optional.of(written);
      if (current.isEmpty()) {
        return new ApplyResult.HaproxyAbsent("there is no configuration yet");
      }
      Optional<String> good = lastKnownGood();
      boolean startedFromIt = good.isEmpty() && haproxy.status().running();
      if (!startedFromIt && !isRunning(current, good)) {
        return apply(current.get());
      }
      auxiliaryFiles.beginChange();
      Optional<String> why =
          edited && workerChanged() ? Optional.of(EDITED_AND_READ) : Optional.empty();
      if (why.isEmpty()) {
        why = findDrift(current.get());
        if (why.isPresent()) {
          servers.recordRepair();
        }
      }
      if (why.isPresent()) {
        return applyByReload(current.get(), why.get(), began);
      }
      recordApplied(current.get());
      return new ApplyResult.NoChange();
    } catch (ConfigFileException e) {
      return new ApplyResult.Failed(e.getMessage());
    }
  }

  /** HAProxy may have restarted meanwhile with an older file. */
  private ApplyResult reconcileUnconfirmed(String wanted, long began) throws ConfigFileException {
    Optional<String> why = findDrift(wanted);
    if (why.isPresent()) {
      Optional<String> good = lastKnownGood();
      if (good.isEmpty() || findDrift(good.get()).isPresent()) {
        return applyByReload(wanted, why.get(), began);
      }
      unconfirmed = null;
      HaproxyConfig config = parser.parse(wanted);
      if (plan(parser.parse(good.get()), config, List.of())
          instanceof UpdatePlan.RuntimeChange change) {
        return changeServers(wanted, parser.parse(good.get()), config, change, began);
      }
    }
    return apply(wanted);
  }

  /**
   * Does what is due between changes: deletes drained servers, restores an edited file, and detects
   * drift. To be called about once a second.
   *
   * @return whether {@link #reconcile()} has to be called
   */
  public synchronized boolean maintain() {
    if (fileOnly()) {
      return false;
    }
    // First, since an HAProxy that starts reads it.
    restoreEditedFile();
    if (!haproxy.status().running()) {
      return false;
    }
    if (checks.blamesChange()) {
      return true;
    }
    servers.deleteIdle();
    try {
      var unused = verdict();
      recheck();
      if (!servers.comparisonDue()) {
        return false;
      }
      Optional<String> running = unconfirmed == null ? lastKnownGood() : Optional.of(unconfirmed);
      Optional<String> trouble = running.isEmpty() ? Optional.empty() : findDrift(running.get());
      incomparable = "";
      if (trouble.isEmpty() || !servers.repairDue()) {
        return false;
      }
      log.warn("{}", trouble.get());
      return true;
    } catch (ConfigFileException e) {
      // Tried again each second, and told once.
      if (!incomparable.equals(e.getMessage())) {
        incomparable = e.getMessage();
        log.warn("HAProxy cannot be compared with its configuration: {}", incomparable);
      }
      return false;
    }
  }

  /** The settings of operators. Does not block; safe from any thread. */
  public List<Status> operatorOverrides() {
    return servers.overrides();
  }

  /**
   * Servers that were added at run time and fail their checks, each in a sentence. Does not block;
   * safe from any thread.
   */
  public List<String> failingNewServers() {
    return servers.failingNewServers();
  }

  private UpdatePlan plan(
      HaproxyConfig running, HaproxyConfig wanted, List<AuxiliaryFiles.Change> files) {
    return UpdatePlanner.plan(running, wanted, servers.version(), servers.draining(), files);
  }

  private Optional<String> findDrift(String text) throws ConfigFileException {
    HaproxyConfig config = parser.parse(text);
    return servers.findDrift(config, UpdatePlanner.runtimeMaps(config, auxiliaryFiles.running()));
  }

  /**
   * Servers first, then the file, and {@code haproxy -c} last: a durable write takes tens of
   * milliseconds, the check up to a minute, and no new instance has to wait for either. The file
   * does not wait for its check, since a reload by somebody else would read the older one. That is
   * safe because only servers, whole backends and entries of maps differ, which HAProxy has
   * accepted by then; an HAProxy that restarts in between is reconciled, and a file that cannot be
   * written is written later ({@link #unconfirmed}); and the file becomes the last known good only
   * after its check.
   */
  private ApplyResult changeServers(
      String wanted,
      HaproxyConfig running,
      HaproxyConfig config,
      UpdatePlan.RuntimeChange change,
      long began)
      throws ConfigFileException {
    if (checkFirst) {
      Path candidate = file.writeCandidate(wanted);
      ConfigCheck check = haproxy.check(candidate);
      file.discard(candidate);
      if (check instanceof ConfigCheck.Refused no && !refusesRunningToo(wanted, no.message())) {
        return rejected(wanted, no.message());
      }
      checkFirst = false;
    }
    Optional<String> trouble = servers.apply(change.changes(), running, config);
    if (trouble.isPresent()) {
      return applyByReload(
          wanted, change.summary() + "; not while it runs: " + trouble.get(), began);
    }
    auxiliaryFiles.changedAtRunTime(
        change.changes().stream()
            .filter(MapChange.class::isInstance)
            .map(map -> Path.of(((MapChange) map).map().path()))
            .toList());
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    return writeAfterRuntimeChange(wanted, new ApplyResult.RuntimeChanged(change.summary(), took));
  }

  /** Writes to the file what HAProxy runs already. */
  private ApplyResult writeAfterRuntimeChange(String wanted, ApplyResult outcome)
      throws ConfigFileException {
    unconfirmed = wanted;
    install(file.writeCandidate(wanted), wanted);
    if (checks.pending()) {
      // A long check of an older file; another one follows it.
      return outcome;
    }
    beginCheck(wanted);
    return checks.take(PROMPT).flatMap(this::processVerdict).orElse(outcome);
  }

  private void beginCheck(String text) throws ConfigFileException {
    checkBegan = nanos.getAsLong();
    boolean known = lastKnownGood().equals(Optional.of(text));
    checks.start(file.target(), text, known ? null : file.lastKnownGoodFile().orElse(null));
  }

  /**
   * Processes the result of the check, if there is one.
   *
   * @return of the roll-back; empty if there is none
   */
  private Optional<ApplyResult> verdict() throws ConfigFileException {
    Optional<BackgroundCheck.Verdict> verdict = checks.take(Duration.ZERO);
    return verdict.isEmpty() ? Optional.empty() : processVerdict(verdict.get());
  }

  private Optional<ApplyResult> processVerdict(BackgroundCheck.Verdict verdict) {
    try {
      if (!verdict.text().equals(written)) {
        if (written != null) {
          beginCheck(written);
        }
        return Optional.empty();
      }
      if (verdict.blamesChange()) {
        checkFirst = true;
        refused = verdict.text();
        return Optional.of(
            rollBack(verdict.text(), ((ConfigCheck.Refused) verdict.check()).message()));
      }
      if (verdict.check() instanceof ConfigCheck.Refused no) {
        recordWarning(no.message());
      } else if (verdict.check() instanceof ConfigCheck.Passed) {
        clearWarning();
      } else if (verdict.check() instanceof ConfigCheck.TimedOut late) {
        log.warn("{} could not be checked and stays as it is: {}", file.target(), late.reason());
      }
      long length = nanos.getAsLong() - checkBegan;
      recheckAt = nanos.getAsLong() + Math.max(RECHECK.toNanos(), RECHECK_FACTOR * length);
      // Unless somebody else has changed the file since.
      if (verdict.text().equals(unconfirmed)
          && file.current().equals(Optional.of(verdict.text()))) {
        markGood();
        unconfirmed = null;
      }
      return Optional.empty();
    } catch (ConfigFileException e) {
      return Optional.of(new ApplyResult.Failed(e.getMessage()));
    }
  }

  /** Checks again whether a warning is still true. */
  private void recheck() throws ConfigFileException {
    if (warning != null && written != null && nanos.getAsLong() - recheckAt >= 0) {
      beginCheck(written);
    }
  }

  private void recordWarning(String message) {
    // Line numbers in the message change with each change of servers.
    boolean known = warning != null && withoutPositions(warning).equals(withoutPositions(message));
    warning = message;
    if (!known) {
      log.error(
          "HAProxy would refuse the file that it runs, though nothing of that has changed here."
              + " It serves on with what it has read, and changes of servers go on; it would not"
              + " reload, nor start again. Correct what it names: {}",
          message);
    }
  }

  private static String withoutPositions(String message) {
    return PLACE.matcher(message).replaceAll("");
  }

  private void clearWarning() {
    if (warning != null) {
      warning = null;
      log.info("What HAProxy reads is well again: it takes the file that it runs");
    }
  }

  /** Whether HAProxy refuses what it runs too, so that the change is not the reason. */
  private boolean refusesRunningToo(String wanted, String message) throws ConfigFileException {
    Optional<Path> good = file.lastKnownGoodFile();
    if (good.isEmpty() || !haproxy.status().running()) {
      return false;
    }
    if (lastKnownGood().equals(Optional.of(wanted))) {
      recordWarning(message);
      return true;
    }
    if (haproxy.check(good.get()) instanceof ConfigCheck.Refused old) {
      recordWarning(old.message());
      return true;
    }
    return false;
  }

  /** Makes a candidate the configuration. */
  private void install(Path candidate, String text) throws ConfigFileException {
    file.install(candidate);
    written = text;
    stamp = file.stamp();
  }

  private ApplyResult applyByReload(String wanted, String reason, long began)
      throws ConfigFileException {
    Path candidate = file.writeCandidate(wanted);
    ConfigCheck check = haproxy.check(candidate);
    if (check instanceof ConfigCheck.Refused no) {
      file.discard(candidate);
      // What HAProxy runs is checked with its own auxiliary files.
      restoreRunningAuxiliaryFiles();
      return rejected(
          wanted,
          refusesRunningToo(wanted, no.message())
              ? "HAProxy cannot reload now: it refuses what it runs as well: " + no.message()
              : no.message());
    }
    if (check instanceof ConfigCheck.TimedOut late) {
      file.discard(candidate);
      return rejected(wanted, "no verdict: " + late.reason());
    }
    install(candidate, wanted);
    ReloadResult result = reload(wanted);
    if (result instanceof ReloadResult.Success) {
      markGood();
      holdoff.clear();
      checkFirst = false;
      clearWarning();
      return new ApplyResult.Reloaded(reason, Duration.ofNanos(System.nanoTime() - began));
    }
    if (result instanceof ReloadResult.NotNeeded) {
      return new ApplyResult.FileWritten(reason);
    }
    if (result instanceof ReloadResult.Unreachable absent) {
      return absent(wanted, check, absent.reason());
    }
    if (result instanceof ReloadResult.Refused no) {
      return rollBack(wanted, no.message());
    }
    ApplyResult broken = rollBack(wanted, ((ReloadResult.NotServing) result).message());
    pending = holdoff.recordFailure(parser.parse(wanted)) ? wanted : null;
    return broken;
  }

  /**
   * An absent HAProxy starts from the file, so an unchecked configuration that differs in more than
   * servers stays out of it: HAProxy might never start again.
   */
  private ApplyResult absent(String wanted, ConfigCheck check, String why)
      throws ConfigFileException {
    Optional<String> good = lastKnownGood();
    if (check instanceof ConfigCheck.Passed
        || good.isEmpty()
        || differOnlyInServers(good.get(), wanted)) {
      // It reads them when it starts; if it has not ended, its maps are found to differ.
      auxiliaryFiles.changedAtRunTime(
          UpdatePlanner.runtimeMaps(parser.parse(wanted), auxiliaryFiles.texts()).stream()
              .map(map -> Path.of(map.path()))
              .toList());
      return new ApplyResult.HaproxyAbsent(why);
    }
    restoreAuxiliaryFiles();
    file.restore();
    recordRestored();
    pending = wanted;
    return new ApplyResult.HaproxyAbsent(why + "; the change is held back until it can judge it");
  }

  /** Restores the file first: for a copy of what was refused there may be no space. */
  private ApplyResult rollBack(String wanted, String message) throws ConfigFileException {
    restoreAuxiliaryFiles();
    Optional<String> good = lastKnownGood();
    boolean there;
    try {
      there = file.restore();
    } catch (ConfigFileException e) {
      // Retried each second, like a file that somebody else has changed.
      log.error(
          "The refused configuration stays in the file for now; restoring the last good one is tried again: {}",
          e.getMessage());
      written = good.orElse(null);
      stamp = "";
      unconfirmed = null;
      return new ApplyResult.Rejected(
          message + "\n" + e.getMessage(), keepRejected(wanted, message));
    }
    recordRestored();
    if (!there) {
      return new ApplyResult.Rejected(message, keepRejected(wanted, message));
    }
    ReloadResult back = reload(file.current().orElse(""));
    Path kept = keepRejected(wanted, message);
    if (back instanceof ReloadResult.Success) {
      markGood();
      return new ApplyResult.Rejected(message, kept);
    }
    String trouble = "HAProxy did not take the last known good back";
    if (back instanceof ReloadResult.Refused no) {
      recordWarning(no.message());
      trouble += ": " + no.message();
    } else if (back instanceof ReloadResult.NotServing failed) {
      trouble += ": " + failed.message();
    } else if (back instanceof ReloadResult.Unreachable absent) {
      trouble =
          "HAProxy is gone (" + absent.reason() + ") and finds the last known good when it starts";
    }
    log.error("{}", trouble);
    return new ApplyResult.Rejected(message + "\n" + trouble, kept);
  }

  private void recordRestored() throws ConfigFileException {
    written = file.current().orElse(null);
    stamp = file.stamp();
  }

  /** Keeps a copy of what was refused, if there is space. */
  private @Nullable Path keepRejected(String wanted, String message) {
    try {
      return file.reject(wanted, message);
    } catch (ConfigFileException e) {
      log.warn("No copy of the refused configuration is kept: {}", e.getMessage());
      return null;
    }
  }

  /** A failure must not keep the configuration itself from being restored. */
  private void restoreAuxiliaryFiles() {
    try {
      auxiliaryFiles.restore();
    } catch (ConfigFileException e) {
      log.error("cannot put back a file beside the configuration: {}", e.getMessage());
    }
  }

  private void restoreRunningAuxiliaryFiles() {
    try {
      auxiliaryFiles.restoreRunning();
    } catch (ConfigFileException e) {
      log.error("cannot put back a file beside the configuration: {}", e.getMessage());
    }
  }

  private ReloadResult reload(String text) throws ConfigFileException {
    HaproxyConfig wanted = parser.parse(text);
    HaproxyConfig before = parser.parse(lastKnownGood().orElse(""));
    if (!fileOnly()) {
      servers.beforeReload(unconfirmed == null ? before : parser.parse(unconfirmed));
    }
    ReloadResult result =
        fileOnly() ? haproxy.reload() : ListenerProbe.reload(haproxy, before, wanted);
    unconfirmed = null;
    if (result instanceof ReloadResult.Success) {
      servers.afterReload(wanted, UpdatePlanner.runtimeMaps(wanted, auxiliaryFiles.texts()));
      knownWorker = haproxy.status().workerPid();
    } else if (!(result instanceof ReloadResult.NotServing)) {
      servers.reloadFailed();
    }
    return result;
  }

  private ApplyResult rejected(String wanted, String message) {
    restoreRunningAuxiliaryFiles();
    return new ApplyResult.Rejected(message, keepRejected(wanted, message));
  }

  private void markGood() {
    try {
      file.markGood();
      unrecordedGood = null;
      auxiliaryFiles.markGood();
    } catch (ConfigFileException e) {
      // Only the next run compares with an older one.
      log.warn("cannot note the configuration as good: {}", e.getMessage());
      unrecordedGood = written;
    }
  }

  /** What HAProxy was verified to serve from last. */
  private Optional<String> lastKnownGood() throws ConfigFileException {
    return unrecordedGood == null ? file.lastKnownGood() : Optional.of(unrecordedGood);
  }

  /** What the file holds; it is read only if somebody else has written it. */
  private Optional<String> current() throws ConfigFileException {
    return written != null && !stamp.isEmpty() && file.stamp().equals(stamp)
        ? Optional.of(written)
        : file.current();
  }

  /** Restores the file if somebody else has changed it. */
  private void restoreEditedFile() {
    if (nanos.getAsLong() - restoreAt < 0) {
      return;
    }
    try {
      restoreIfEdited();
    } catch (ConfigFileException e) {
      restoreAt = nanos.getAsLong() + MAX_RESTORE_PAUSE.toNanos();
      log.warn(
          "{} could not be compared or put back; tried again in a minute: {}",
          file.target(),
          e.getMessage());
    }
  }

  /**
   * Restores the file.
   *
   * @return whether somebody else has changed it, now or a moment ago
   */
  private boolean restoreIfEdited() throws ConfigFileException {
    long now = nanos.getAsLong();
    if (written == null || fileOnly()) {
      return false;
    }
    if (!file.stamp().equals(stamp)) {
      Optional<String> found = file.current();
      if (!found.equals(Optional.of(written))) {
        file.install(file.writeCandidate(written));
        log.warn(
            "{} was {} by somebody else and is put back: lb-renderer writes it, so change the"
                + " template instead",
            file.target(),
            found.isEmpty() ? "deleted" : "changed (kept as the newest backup)");
        restores = now - restoreAt < MAX_RESTORE_PAUSE.toNanos() * 2 ? restores + 1 : 1;
        restoreAt = now + RESTORE_PAUSE.delay(restores, RandomGenerator.getDefault()).toNanos();
        editedAt = now;
        edited = true;
      }
      stamp = file.stamp();
    }
    return edited && now - editedAt < EDITED.toNanos();
  }

  /** The file and HAProxy have this text. */
  private void recordApplied(String text) {
    knownWorker = haproxy.status().workerPid();
    if (!text.equals(written)) {
      written = text;
      stamp = file.stamp();
    }
  }

  private boolean workerChanged() {
    long worker = haproxy.status().workerPid();
    return knownWorker != 0 && worker != 0 && worker != knownWorker;
  }

  private boolean isRunning(Optional<String> current, Optional<String> good) {
    return fileOnly()
        || (haproxy.status().running() && (unconfirmed != null || current.equals(good)));
  }

  private boolean fileOnly() {
    return haproxy.status().mode() == HaproxyStatus.Mode.FILE_ONLY;
  }

  private boolean differOnlyInServers(String one, String other) {
    return parser.parse(one).withoutServers().equals(parser.parse(other).withoutServers());
  }
}
