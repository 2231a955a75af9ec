package dev.rollcall.lb.update;

import dev.rollcall.lb.config.Backend.ServerLine;
import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.HaproxyConfig.Section;
import dev.rollcall.lb.config.MapFile;
import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.config.ServerOptions;
import dev.rollcall.lb.haproxy.BackendChange;
import dev.rollcall.lb.haproxy.BackendTable;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.Haproxy.ConfigCheck;
import dev.rollcall.lb.haproxy.Haproxy.DrainingServer;
import dev.rollcall.lb.haproxy.Haproxy.ReloadResult;
import dev.rollcall.lb.haproxy.HaproxyChange;
import dev.rollcall.lb.haproxy.HaproxyStatus;
import dev.rollcall.lb.haproxy.MapChange;
import dev.rollcall.lb.haproxy.RuntimeApiException;
import dev.rollcall.lb.haproxy.RuntimeCommand;
import dev.rollcall.lb.haproxy.ServerChange;
import dev.rollcall.lb.haproxy.ServerChange.Definition;
import dev.rollcall.lb.haproxy.ServerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Takes what it is told to take, and remembers what it read. */
final class FakeHaproxy implements Haproxy {

  private static final int MAINT = 1;
  private static final int DRAIN = 8;

  private final Path file;
  private final Deque<ReloadResult> results = new ArrayDeque<>();
  private Function<String, ConfigCheck> verdict =
      text -> new ConfigCheck.Unavailable("nobody at hand");
  private Runnable atReload = () -> {};

  /** Runs after each change. */
  Runnable atChange = () -> {};

  /** Until it is reloaded. */
  @Nullable String reasonToReload;

  private Runnable afterReading = () -> {};
  private HaproxyStatus.Mode mode = HaproxyStatus.Mode.ATTACHED;
  private boolean present = true;
  private long worker = 8;
  private @Nullable String version;
  private @Nullable String refusal;
  private final Set<ServerName> busy = new LinkedHashSet<>();

  /** The servers that it runs, if it tells its version. */
  final Map<ServerName, ServerState> servers = new LinkedHashMap<>();

  /** The backends that it runs, and whether they are published. */
  final Map<String, Boolean> backends = new LinkedHashMap<>();

  /** The entries of the maps that it has read. */
  final Map<String, List<MapFile.Entry>> maps = new LinkedHashMap<>();

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

  FakeHaproxy checkingWith(ConfigCheck verdict) {
    return checkingWith(() -> verdict);
  }

  FakeHaproxy checkingWith(Supplier<ConfigCheck> verdict) {
    this.verdict = text -> verdict.get();
    return this;
  }

  /** Takes every text but those with a phrase. */
  FakeHaproxy refusingTextsWith(String phrase, String message) {
    verdict =
        text -> text.contains(phrase) ? new ConfigCheck.Refused(message) : new ConfigCheck.Passed();
    return this;
  }

  /** Has another worker from now on, as after a reload by somebody else. */
  FakeHaproxy worker(long pid) {
    worker = pid;
    return this;
  }

  /** Runs at each reload, when HAProxy would read its files. */
  FakeHaproxy reloading(Runnable action) {
    atReload = action;
    return this;
  }

  /** Runs after each reload, when HAProxy has read its file. */
  FakeHaproxy afterReading(Runnable action) {
    afterReading = action;
    return this;
  }

  /** What the next reloads end with; after these they are done. */
  FakeHaproxy withReloadResults(ReloadResult... next) {
    results.addAll(List.of(next));
    return this;
  }

  FakeHaproxy fileOnly() {
    mode = HaproxyStatus.Mode.FILE_ONLY;
    return this;
  }

  FakeHaproxy child() {
    mode = HaproxyStatus.Mode.CHILD;
    return this;
  }

  /** Tells its version, and lets its servers be changed. */
  FakeHaproxy version(String told) {
    version = told;
    return this;
  }

  /** Makes no changes of servers; with null makes them again. */
  FakeHaproxy refusingChanges(@Nullable String why) {
    refusal = why;
    return this;
  }

  /** Has requests that only end with {@link #idle}. */
  FakeHaproxy busy(ServerName name) {
    busy.add(name);
    return this;
  }

  FakeHaproxy idle() {
    busy.clear();
    return this;
  }

  @Override
  public Set<ServerName> change(List<? extends HaproxyChange> steps) throws RuntimeApiException {
    seen.add(
        "change "
            + steps.stream()
                .flatMap(step -> step.commands().stream())
                .map(RuntimeCommand::line)
                .collect(Collectors.joining("; ")));
    if (refusal != null) {
      throw new RuntimeApiException(refusal);
    }
    Set<ServerName> left = new LinkedHashSet<>();
    for (HaproxyChange step : steps) {
      if (step instanceof BackendChange.AddBackend add) {
        backends.put(add.name(), false);
      } else if (step instanceof BackendChange.SetPublished set) {
        backends.put(set.name(), set.published());
      } else if (step instanceof BackendChange.RemoveBackend remove) {
        backends.put(remove.name(), false);
      } else if (step instanceof MapChange change) {
        maps.put(change.map().path(), change.map().entries());
      } else if (step instanceof ServerChange.AddServer add) {
        put(add.server(), 0);
      } else if (step instanceof ServerChange.ReinstateServer back) {
        put(
            back.server(),
            switch (back.state()) {
              case READY -> 0;
              case MAINT -> MAINT;
              case DRAIN -> DRAIN;
            });
      } else if (step instanceof ServerChange.RemoveServer remove && busy.contains(remove.name())) {
        put(Objects.requireNonNull(remove.definition()), DRAIN);
        left.add(remove.name());
      } else if (step instanceof ServerChange.RemoveServer remove) {
        servers.remove(remove.name());
      } else if (step instanceof ServerChange.SetState set) {
        int bits =
            switch (set.state()) {
              case READY -> 0;
              case MAINT -> MAINT;
              case DRAIN -> DRAIN;
            };
        setByOperator(set.name(), bits, state(set.name()).weight());
      } else if (step instanceof ServerChange.ChangeWeight change) {
        setByOperator(change.name(), state(change.name()).admin(), change.weight());
      } else if (step instanceof ServerChange.StopTraffic stop) {
        if (servers.containsKey(stop.name())) {
          setByOperator(stop.name(), state(stop.name()).admin(), 0);
        }
      } else if (step instanceof ServerChange.ChangeAddress change) {
        ServerState before = state(change.name());
        servers.put(
            change.name(),
            new ServerState(
                before.backend(),
                before.server(),
                change.address().ip(),
                change.address().port(),
                before.weight(),
                before.admin(),
                before.operation(),
                before.numbers()));
      } else if (!(step instanceof ServerChange.EnableCheck)) {
        throw new UnsupportedOperationException(step.toString());
      }
    }
    atChange.run();
    return left;
  }

  @Override
  public Set<ServerName> deleteIdleServers(Collection<DrainingServer> draining)
      throws RuntimeApiException {
    seen.add(
        "delete "
            + draining.stream()
                .map(one -> one.name() + (one.overdue() ? " overdue" : ""))
                .collect(Collectors.joining(", ")));
    if (refusal != null) {
      throw new RuntimeApiException(refusal);
    }
    Set<ServerName> left = new LinkedHashSet<>();
    for (DrainingServer one : draining) {
      if (busy.contains(one.name())) {
        left.add(one.name());
      } else {
        servers.remove(one.name());
      }
    }
    return left;
  }

  @Override
  public Set<String> deleteIdleBackends(Collection<String> names) {
    seen.add("delete backends " + String.join(", ", names));
    backends.keySet().removeAll(names);
    return Set.of();
  }

  @Override
  public BackendTable backends() {
    Map<String, BackendTable.Row> rows = new LinkedHashMap<>();
    backends.forEach((name, published) -> rows.put(name, new BackendTable.Row(published, 0)));
    return new BackendTable(worker, rows);
  }

  @Override
  public Map<String, List<MapFile.Entry>> maps(Collection<String> paths)
      throws RuntimeApiException {
    Map<String, List<MapFile.Entry>> told = new LinkedHashMap<>();
    for (String path : paths) {
      if (!maps.containsKey(path)) {
        throw new RuntimeApiException("no map " + path);
      }
      told.put(path, maps.get(path));
    }
    return told;
  }

  @Override
  public List<ServerState> servers() throws RuntimeApiException {
    if (version == null) {
      throw new RuntimeApiException("it does not tell");
    }
    return List.copyOf(servers.values());
  }

  /** Begins anew with what the file says. */
  void restart() {
    servers.clear();
    backends.clear();
    maps.clear();
    Matcher map = Pattern.compile("map\\(([^,)]+)").matcher(read(file));
    while (map.find()) {
      String path = map.group(1);
      maps.put(path, MapFile.parse(path, read(Path.of(path)), false).entries());
    }
    for (Section section : HaproxyConfig.parse(read(file)).sections()) {
      if (section.kind().equals("backend") || section.kind().equals("listen")) {
        backends.put(section.name(), true);
      }
      for (ServerLine line : section.servers()) {
        put(
            new Definition(
                new ServerName(section.name(), line.name()),
                ServerAddress.parse(line.address()),
                ServerOptions.fold(List.of())),
            0);
      }
    }
  }

  /** Somebody orders this at its socket. */
  void setByOperator(ServerName name, int admin, int weight) {
    ServerState before = state(name);
    servers.put(
        name,
        new ServerState(
            before.backend(),
            before.server(),
            before.ip(),
            before.port(),
            weight,
            admin,
            before.operation(),
            before.numbers()));
  }

  /** Its check has this result: 2 failed, 3 passed. */
  void setCheckResult(ServerName name, int result) {
    ServerState before = state(name);
    servers.put(
        name,
        new ServerState(
            before.backend(),
            before.server(),
            before.ip(),
            before.port(),
            before.weight(),
            before.admin(),
            result == 3 ? ServerState.Operation.RUNNING : ServerState.Operation.STOPPED,
            new ServerState.Numbers(4, 1, before.weight(), Duration.ZERO, 6, result, 0)));
  }

  ServerState state(ServerName name) {
    return Objects.requireNonNull(servers.get(name));
  }

  private void put(Definition server, int admin) {
    ServerName name = server.name();
    servers.put(
        name,
        new ServerState(
            name.backend(),
            name.server(),
            server.address().ip(),
            server.address().port(),
            server.options().weight(),
            admin,
            ServerState.Operation.RUNNING));
  }

  @Override
  public ConfigCheck check(Path candidate) {
    seen.add("check " + read(candidate));
    return verdict.apply(read(candidate));
  }

  @Override
  public Optional<String> reasonToReload() {
    return Optional.ofNullable(reasonToReload);
  }

  @Override
  public ReloadResult reload() {
    reasonToReload = null;
    if (mode == HaproxyStatus.Mode.FILE_ONLY) {
      return new ReloadResult.NotNeeded();
    }
    if (!present) {
      return new ReloadResult.Unreachable("nobody answers");
    }
    seen.add("reload " + read(file));
    atReload.run();
    ReloadResult result =
        results.isEmpty() ? new ReloadResult.Success(Duration.ofMillis(70)) : results.pop();
    if (result instanceof ReloadResult.Success) {
      restart();
      afterReading.run();
    }
    return result;
  }

  @Override
  public HaproxyStatus status() {
    return new HaproxyStatus(mode, present, version, 1, worker, Duration.ZERO, 0, 0, 0, null);
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
