package dev.rollcall.lb.apply;

import dev.rollcall.lb.haproxy.ConfigCheck;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.HaproxyStatus;
import dev.rollcall.lb.haproxy.ReloadResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;

/** Takes what it is told to take, and remembers what it read. */
final class FakeHaproxy implements Haproxy {

  private final Path file;
  private final Deque<ReloadResult> results = new ArrayDeque<>();
  private Supplier<ConfigCheck> verdict = () -> new ConfigCheck.Unjudged("nobody at hand");
  private Runnable atReload = () -> {};
  private HaproxyStatus.Mode mode = HaproxyStatus.Mode.ATTACHED;
  private boolean present = true;

  /** What it was asked to judge and to reload, in order. */
  final List<String> seen = new ArrayList<>();

  FakeHaproxy(Path file) {
    this.file = file;
  }

  FakeHaproxy absent() {
    present = false;
    return this;
  }

  FakeHaproxy present() {
    present = true;
    return this;
  }

  FakeHaproxy judging(ConfigCheck verdict) {
    return judging(() -> verdict);
  }

  FakeHaproxy judging(Supplier<ConfigCheck> verdict) {
    this.verdict = verdict;
    return this;
  }

  /** Runs at each reload, when HAProxy would read its files. */
  FakeHaproxy reloading(Runnable action) {
    atReload = action;
    return this;
  }

  /** What the next reloads end with; after these they are done. */
  FakeHaproxy ending(ReloadResult... next) {
    results.addAll(List.of(next));
    return this;
  }

  FakeHaproxy fileOnly() {
    mode = HaproxyStatus.Mode.FILE_ONLY;
    return this;
  }

  @Override
  public ConfigCheck check(Path candidate) {
    seen.add("check " + read(candidate));
    return verdict.get();
  }

  @Override
  public ReloadResult reload() {
    if (mode == HaproxyStatus.Mode.FILE_ONLY) {
      return new ReloadResult.NotNeeded();
    }
    if (!present) {
      return new ReloadResult.Unreachable("nobody answers");
    }
    seen.add("reload " + read(file));
    atReload.run();
    return results.isEmpty() ? new ReloadResult.Done(Duration.ofMillis(70)) : results.pop();
  }

  @Override
  public HaproxyStatus status() {
    return new HaproxyStatus(mode, present, "3.0.11", 1, 8, Duration.ZERO, 0, 0, 0, null);
  }

  @Override
  public void onRestart(Runnable listener) {
    throw new UnsupportedOperationException("the applier does not listen by itself");
  }

  @Override
  public void close() {
    present = false;
  }

  private static String read(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
