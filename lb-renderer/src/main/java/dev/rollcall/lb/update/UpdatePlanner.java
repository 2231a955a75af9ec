package dev.rollcall.lb.update;

import dev.rollcall.lb.config.AuxiliaryFiles;
import dev.rollcall.lb.config.Backend;
import dev.rollcall.lb.config.Backend.ServerLine;
import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.HaproxyConfig.ConfigLine;
import dev.rollcall.lb.config.HaproxyConfig.Section;
import dev.rollcall.lb.config.MapFile;
import dev.rollcall.lb.config.PrintableText;
import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.BackendChange.AddBackend;
import dev.rollcall.lb.haproxy.BackendChange.RemoveBackend;
import dev.rollcall.lb.haproxy.BackendChange.SetPublished;
import dev.rollcall.lb.haproxy.HaproxyChange;
import dev.rollcall.lb.haproxy.HaproxyVersion;
import dev.rollcall.lb.haproxy.MapChange;
import dev.rollcall.lb.haproxy.ServerChange;
import dev.rollcall.lb.haproxy.ServerChange.AddServer;
import dev.rollcall.lb.haproxy.ServerChange.ChangeAddress;
import dev.rollcall.lb.haproxy.ServerChange.ChangeWeight;
import dev.rollcall.lb.haproxy.ServerChange.Definition;
import dev.rollcall.lb.haproxy.ServerChange.ReinstateServer;
import dev.rollcall.lb.haproxy.ServerChange.RemoveServer;
import dev.rollcall.lb.haproxy.ServerChange.SetState;
import dev.rollcall.lb.haproxy.ServerChange.State;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Plans the update from one configuration to another: at run time if only servers are added,
 * removed, moved or change their weight, whole backends come or go, or entries of maps change, and
 * the result is known to be the same as after a reload; otherwise by a reload. Pure; an object is
 * used once.
 */
public final class UpdatePlanner {

  /**
   * Beyond, a reload is as fast. Medians with HAProxy 3.0 through its master socket on two busy
   * cores: 1 added server 6 ms, 10 servers 12 ms, 50 servers 24 ms, 100 servers 46 ms, 200 servers
   * 150 ms, 400 servers 180 ms; a verified reload 75 to 150 ms.
   */
  public static final int MAX_SERVERS = 250;

  private static final int MAX_REASONS = 4;
  private static final Set<String> WITH_SERVERS = Set.of("backend", "listen");

  /** Of these, no two may have one name. */
  private static final Set<String> NAMED = Set.of("backend", "listen", "frontend", "defaults");

  /** With these algorithms HAProxy can change the servers of a backend while it runs. */
  private static final Set<String> DYNAMIC = Set.of("roundrobin", "leastconn", "random");

  private final HaproxyVersion version;
  private final HaproxyConfig running;
  private @Nullable ServerReferences references;
  private final Draining draining;
  private final List<HaproxyChange> backendsAdded = new ArrayList<>();
  private final List<ServerChange> added = new ArrayList<>();
  private final List<ServerChange> modified = new ArrayList<>();
  private final List<HaproxyChange> backendsPublished = new ArrayList<>();
  private final List<HaproxyChange> backendsRemoved = new ArrayList<>();
  private final List<ServerChange> removed = new ArrayList<>();

  private UpdatePlanner(HaproxyVersion version, HaproxyConfig running, Draining draining) {
    this.version = version;
    this.running = running;
    this.draining = draining;
  }

  /**
   * Plans the update from one configuration to another.
   *
   * @param running what HAProxy runs
   * @param wanted what it shall run
   * @param version of that HAProxy; null when it must not be changed at run time
   * @param draining what was removed and still exists
   * @param files the auxiliary files that HAProxy does not serve from as they are now
   */
  public static UpdatePlan plan(
      HaproxyConfig running,
      HaproxyConfig wanted,
      @Nullable HaproxyVersion version,
      Draining draining,
      List<AuxiliaryFiles.Change> files) {
    boolean same = running.equals(wanted);
    List<String> differences = new ArrayList<>(same ? List.of() : differences(running, wanted));
    if (!files.isEmpty()) {
      differences.add(
          "changed: " + files.stream().map(AuxiliaryFiles.Change::path).toList().toString());
    }
    if (differences.isEmpty()) {
      return new UpdatePlan.NoChange();
    }
    String summary = inOneLine(differences);
    if (version == null || !sameRest(running, wanted)) {
      return new UpdatePlan.Reload(summary);
    }
    try {
      List<HaproxyChange> maps = mapChanges(wanted, files, version);
      List<HaproxyChange> changes =
          same ? maps : runtimeChanges(running, wanted, version, draining, maps);
      return changes.isEmpty()
          ? new UpdatePlan.NoChange()
          : new UpdatePlan.RuntimeChange(changes, summary);
    } catch (ReloadRequiredException e) {
      return new UpdatePlan.Reload(summary + "; " + e.reason());
    }
  }

  /**
   * The changes from one configuration to another.
   *
   * @param maps the changes of maps, to be made once the backends that they may name are there, and
   *     before those that they no longer name are gone
   * @return in the order in which they have to be made; empty when HAProxy would see no difference
   * @throws ReloadRequiredException when they cannot be made at run time
   */
  public static List<HaproxyChange> runtimeChanges(
      HaproxyConfig running,
      HaproxyConfig wanted,
      HaproxyVersion version,
      Draining draining,
      List<? extends HaproxyChange> maps)
      throws ReloadRequiredException {
    return new UpdatePlanner(version, running, draining).changes(running, wanted, maps);
  }

  /** The changes of the entries of maps. */
  private static List<HaproxyChange> mapChanges(
      HaproxyConfig config, List<AuxiliaryFiles.Change> files, HaproxyVersion version)
      throws ReloadRequiredException {
    if (files.isEmpty()) {
      return List.of();
    }
    List<HaproxyChange> changes = new ArrayList<>();
    MapReferences references = MapReferences.of(config);
    for (AuxiliaryFiles.Change file : files) {
      String path = file.path().toString();
      Optional<String> other =
          file.readByFiles()
              ? Optional.of("it is a configuration, or another file names it")
              : references.whyNotAtRunTime(path);
      if (other.isPresent()) {
        throw new ReloadRequiredException(path + ": " + other.get());
      }
      if (!version.atLeast(HaproxyVersion.RUNTIME_MAPS)) {
        throw new ReloadRequiredException("HAProxy " + version + " replaces no map while it runs");
      }
      if (file.running().isEmpty()) {
        throw new ReloadRequiredException(path + ": HAProxy was not seen to read it");
      }
      MapFile before = references.parse(path, file.running().get());
      MapFile after = references.parse(path, file.wanted());
      int entries = Math.max(before.entries().size(), after.entries().size());
      if (entries > MapReferences.MAX_ENTRIES) {
        throw new ReloadRequiredException(
            path
                + " has "
                + entries
                + " entries, and more than "
                + MapReferences.MAX_ENTRIES
                + " are not compared with HAProxy's");
      }
      try {
        MapChange.between(before.entries(), after).ifPresent(changes::add);
      } catch (IllegalArgumentException e) {
        throw new ReloadRequiredException(path + ": " + e.getMessage());
      }
    }
    return changes;
  }

  /**
   * The maps whose entries can be changed at run time.
   *
   * @param files the texts of files by path
   */
  static List<MapFile> runtimeMaps(HaproxyConfig config, Map<Path, String> files) {
    if (files.isEmpty()) {
      return List.of();
    }
    MapReferences references = MapReferences.of(config);
    List<MapFile> maps = new ArrayList<>();
    files.forEach(
        (file, text) -> {
          if (references.whyNotAtRunTime(file.toString()).isEmpty()) {
            MapFile map = references.parse(file.toString(), text);
            if (map.entries().size() <= MapReferences.MAX_ENTRIES) {
              maps.add(map);
            }
          }
        });
    return maps;
  }

  private List<HaproxyChange> changes(
      HaproxyConfig running, HaproxyConfig wanted, List<? extends HaproxyChange> maps)
      throws ReloadRequiredException {
    if (!sameRest(running, wanted)) {
      throw new ReloadRequiredException("more than servers and whole backends changed");
    }
    Set<String> appearing = backendsOnlyIn(wanted, running);
    Set<String> leaving = backendsOnlyIn(running, wanted);
    if (!version.atLeast(HaproxyVersion.RUNTIME_SERVERS)) {
      throw new ReloadRequiredException(version.tooOldForRuntimeServers());
    }
    if (!(appearing.isEmpty() && leaving.isEmpty())
        && !version.atLeast(HaproxyVersion.RUNTIME_BACKENDS)) {
      throw new ReloadRequiredException(version.tooOldForRuntimeBackends());
    }
    if (!serversElsewhere(running).equals(serversElsewhere(wanted))) {
      throw new ReloadRequiredException("servers outside of backends changed");
    }
    if (hasConditions(wanted)) {
      throw new ReloadRequiredException(
          "the configuration has conditions, which HAProxy alone can judge");
    }
    Map<String, Backend> before = backends(running);
    Map<String, Backend> after = backends(wanted);
    if (!(appearing.isEmpty() && leaving.isEmpty())) {
      compareBackends(running, wanted, before, after, appearing, leaving);
    }
    for (Backend backend : after.values()) {
      Backend old = before.get(backend.name());
      if (old != null) {
        compare(old, backend);
      }
    }
    requireFew(Stream.of(added, modified, removed).flatMap(List::stream).map(ServerChange::name));
    List<HaproxyChange> changes = new ArrayList<>(backendsAdded);
    changes.addAll(added);
    changes.addAll(modified);
    changes.addAll(backendsPublished);
    changes.addAll(maps);
    changes.addAll(backendsRemoved);
    changes.addAll(removed);
    return changes;
  }

  private static void requireFew(Stream<ServerName> changed) throws ReloadRequiredException {
    long servers = changed.distinct().count();
    if (servers > MAX_SERVERS) {
      throw new ReloadRequiredException(servers + " servers changed, and one reload is cheaper");
    }
  }

  /** Whether nothing but servers differs, and backends that only one of the two has. */
  private static boolean sameRest(HaproxyConfig running, HaproxyConfig wanted) {
    List<Section> before = without(backendsOnlyIn(running, wanted), running);
    List<Section> after = without(backendsOnlyIn(wanted, running), wanted);
    boolean same = before.size() == after.size();
    for (int i = 0; same && i < before.size(); i++) {
      Section old = before.get(i);
      Section section = after.get(i);
      same = old.head().equals(section.head()) && old.otherLines().equals(section.otherLines());
    }
    return same;
  }

  private static Set<String> backendsOnlyIn(HaproxyConfig config, HaproxyConfig other) {
    Set<String> names = backendSections(config);
    names.removeAll(backendSections(other));
    return names;
  }

  private static Set<String> backendSections(HaproxyConfig config) {
    return config.sections().stream()
        .filter(section -> section.kind().equals("backend"))
        .map(Section::name)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static List<Section> without(Set<String> backends, HaproxyConfig config) {
    return config.sections().stream()
        .filter(section -> !(section.kind().equals("backend") && backends.contains(section.name())))
        .toList();
  }

  private void compareBackends(
      HaproxyConfig running,
      HaproxyConfig wanted,
      Map<String, Backend> before,
      Map<String, Backend> after,
      Set<String> appearing,
      Set<String> leaving)
      throws ReloadRequiredException {
    Map<String, Section> sections = new HashMap<>();
    Stream.concat(running.sections().stream(), wanted.sections().stream())
        .filter(section -> section.kind().equals("backend"))
        .forEach(section -> sections.put(section.name(), section));
    BackendReferences names = BackendReferences.of(wanted);
    for (String name : appearing) {
      Backend backend = Objects.requireNonNull(after.get(name));
      requireOwnServersOnly(Objects.requireNonNull(sections.get(name)));
      requireUnnamed(names, name);
      Optional<String> unfit = whyNoRuntimeBackend(backend, wanted);
      if (unfit.isPresent()) {
        throw reload(backend, unfit.get());
      }
      addBackend(backend, defaultsOf(Objects.requireNonNull(sections.get(name))));
    }
    for (String name : leaving) {
      Backend backend = Objects.requireNonNull(before.get(name));
      requireOwnServersOnly(Objects.requireNonNull(sections.get(name)));
      requireUnnamed(names, name);
      List<RemoveServer> servers = new ArrayList<>();
      for (ServerLine line : backend.servers().values()) {
        servers.add(remove(backend, line));
      }
      backendsRemoved.add(
          new RemoveBackend(name, defaultsOf(Objects.requireNonNull(sections.get(name))), servers));
    }
  }

  private static String defaultsOf(Section section) {
    return section.head().word(3);
  }

  /** Only of such a backend it is known that {@code add backend} makes the same as the file. */
  private static void requireOwnServersOnly(Section section) throws ReloadRequiredException {
    List<String> head = section.head().words();
    if (head.size() != 4
        || !head.get(2).equals("from")
        || !ServerName.legal(head.get(1))
        || !ServerName.legal(head.get(3))) {
      throw new ReloadRequiredException(
          "backend " + section.name() + ": its head is not \"backend NAME from DEFAULTS\"");
    }
    if (!section.otherLines().isEmpty()) {
      throw new ReloadRequiredException(
          "backend "
              + section.name()
              + ": it has lines other than server: "
              + PrintableText.quoted(String.join(" ", section.otherLines().get(0).words())));
    }
  }

  private static void requireUnnamed(BackendReferences names, String backend)
      throws ReloadRequiredException {
    Optional<String> line = names.find(backend);
    if (line.isPresent()) {
      throw new ReloadRequiredException(
          "backend " + backend + " is named by \"" + line.get() + "\"");
    }
  }

  /** Why a backend cannot be added while HAProxy runs; empty when it can. */
  private Optional<String> whyNoRuntimeBackend(Backend backend, HaproxyConfig wanted) {
    long sections =
        wanted.sections().stream()
            .filter(section -> NAMED.contains(section.kind()))
            .filter(section -> section.name().equals(backend.name()))
            .count();
    if (sections > 1) {
      return Optional.of("another section has its name");
    }
    if (backend.settings().noneMatch(line -> line.word(0).equals("mode"))) {
      return Optional.of("its defaults section has no mode");
    }
    return whyStatic(backend).or(() -> KnownDefect.of(version, backend));
  }

  private void addBackend(Backend backend, String defaults) throws ReloadRequiredException {
    String leaving = draining.backends().get(backend.name());
    if (leaving == null) {
      backendsAdded.add(new AddBackend(backend.name(), defaults));
    } else if (!leaving.equals(defaults)) {
      throw reload(backend, "it comes back with other defaults before it is gone");
    }
    for (ServerLine line : backend.servers().values()) {
      added.add(add(backend, definition(backend, line)));
    }
    draining
        .servers()
        .forEach(
            (name, server) -> {
              if (name.backend().equals(backend.name())
                  && !backend.servers().containsKey(name.server())) {
                // It was not drained, since its whole backend was leaving.
                removed.add(new RemoveServer(name, server));
              }
            });
    backendsPublished.add(new SetPublished(backend.name(), true));
  }

  private static Map<String, Backend> backends(HaproxyConfig config)
      throws ReloadRequiredException {
    try {
      return config.backends();
    } catch (IllegalArgumentException e) {
      throw new ReloadRequiredException(String.valueOf(e.getMessage()));
    }
  }

  private void compare(Backend old, Backend backend) throws ReloadRequiredException {
    ChangedPart<ServerLine> changed =
        ChangedPart.of(
            List.copyOf(old.servers().values()), List.copyOf(backend.servers().values()));
    if (changed.before().isEmpty() && changed.after().isEmpty()) {
      return;
    }
    boolean sameOrder = names(changed.before()).equals(names(changed.after()));
    int before = added.size() + modified.size() + removed.size();
    for (ServerLine line : changed.after()) {
      ServerLine was = old.servers().get(line.name());
      if (was == null) {
        added.add(add(backend, definition(backend, line)));
      } else if (!was.equals(line)) {
        modify(definition(backend, was), definition(backend, line));
      }
    }
    for (ServerLine line : changed.before()) {
      if (!backend.servers().containsKey(line.name())) {
        removed.add(remove(backend, line));
      }
    }
    requireOrderOfBackups(old, backend);
    boolean onlyOrder = added.size() + modified.size() + removed.size() == before;
    if (onlyOrder) {
      if (!sameOrder && orderMatters(backend)) {
        throw reload(backend, "the order of its servers changed, and counts");
      }
      return;
    }
    Optional<String> fixed = whyStatic(backend).or(() -> KnownDefect.of(version, backend));
    if (fixed.isPresent()) {
      throw reload(backend, fixed.get());
    }
  }

  private static List<String> names(List<ServerLine> servers) {
    return servers.stream().map(ServerLine::name).toList();
  }

  /** Whether HAProxy goes by the order of the server lines; that of backups is not meant. */
  private static boolean orderMatters(Backend backend) {
    return !DYNAMIC.contains(backend.algorithm())
        && !(backend.hashesConsistently() && backend.hasHashKeys());
  }

  /** Why its servers cannot come and go while HAProxy runs; empty when they can. */
  private static Optional<String> whyStatic(Backend backend) {
    String mode = backend.mode();
    String balance = "balance " + backend.balance();
    if (!backend.defaultsKnown()) {
      return Optional.of("its defaults stand in no section of this file, so another may have them");
    }
    if (!mode.equals("http") && !mode.equals("tcp")) {
      return Optional.of("its mode is " + mode);
    }
    if (backend.algorithm().equals("first")) {
      return Optional.of("balance first goes by the order of the servers");
    }
    if (!DYNAMIC.contains(backend.algorithm()) && !backend.hashesConsistently()) {
      return Optional.of(balance + " is not dynamic");
    }
    if (backend.hashesConsistently() && !backend.hasHashKeys()) {
      return Optional.of(
          balance
              + " goes by the numbers that servers get in the order of their lines, and the next"
              + " reload would move requests; give each server line an id, or hash-key addr-port");
    }
    return backend.hasDynamicCookies() ? Optional.of("its cookies are dynamic") : Optional.empty();
  }

  /** The first backup server that is up serves, and an added one would be the last. */
  private void requireOrderOfBackups(Backend old, Backend backend) throws ReloadRequiredException {
    List<String> wanted = backend.orderedBackups();
    if (wanted.isEmpty()) {
      return;
    }
    List<String> order = new ArrayList<>(old.orderedBackups());
    order.retainAll(wanted);
    wanted.stream().filter(name -> !order.contains(name)).forEach(order::add);
    boolean returns =
        draining.servers().keySet().stream()
            .anyMatch(
                name ->
                    name.backend().equals(backend.name())
                        && wanted.contains(name.server())
                        && !old.servers().containsKey(name.server()));
    if (!order.equals(wanted) || returns) {
      throw reload(backend, "its backup servers serve in the order of their lines");
    }
  }

  private ServerChange add(Backend backend, Definition server) throws ReloadRequiredException {
    requireKnownOptions(server);
    Definition was = draining.servers().get(server.name());
    if (was == null) {
      return new AddServer(server, backend.hasStickTable());
    }
    if (!was.options().fixed().equals(server.options().fixed())) {
      throw reload(server, " comes back with other options before it is gone");
    }
    return new ReinstateServer(server);
  }

  private void requireKnownOptions(Definition server) throws ReloadRequiredException {
    Optional<String> tooNew = version.unsupportedOption(server.options().values().keySet());
    if (tooNew.isPresent()) {
      throw reload(server, ": HAProxy " + version + " has no option " + tooNew.get());
    }
    Map<String, String> files = server.options().files();
    Set<Map.Entry<String, String>> loaded = files.isEmpty() ? Set.of() : running.serverFiles();
    for (Map.Entry<String, String> file : files.entrySet()) {
      if (!loaded.contains(file)) {
        throw reload(
            server,
            ": HAProxy has not loaded "
                + file.getKey()
                + " "
                + PrintableText.quoted(file.getValue()));
      }
    }
  }

  private void modify(Definition was, Definition wanted) throws ReloadRequiredException {
    ServerName name = wanted.name();
    if (!was.options().fixed().equals(wanted.options().fixed())) {
      throw reload(wanted, ": its options changed");
    }
    if (!was.address().equals(wanted.address())) {
      modified.add(new ChangeAddress(name, wanted.address()));
    }
    if (was.options().weight() != wanted.options().weight()) {
      modified.add(new ChangeWeight(name, wanted.options().weight()));
    }
    if (was.options().disabled() != wanted.options().disabled()) {
      modified.add(new SetState(name, wanted.options().disabled() ? State.MAINT : State.READY));
    }
  }

  private RemoveServer remove(Backend backend, ServerLine line) throws ReloadRequiredException {
    String title = backend.name() + "/" + line.name();
    ServerReferences known = references;
    if (known == null) {
      known = ServerReferences.of(running);
      references = known;
    }
    Optional<String> reference = known.find(backend.name(), line.name());
    if (reference.isPresent()) {
      throw new ReloadRequiredException(
          "server " + title + " is named by \"" + reference.get() + "\"");
    }
    try {
      return new RemoveServer(
          new ServerName(backend.name(), line.name()), definitionOrNull(backend, line));
    } catch (IllegalArgumentException e) {
      throw new ReloadRequiredException(String.valueOf(e.getMessage()));
    }
  }

  private static @Nullable Definition definitionOrNull(Backend backend, ServerLine line) {
    try {
      return definition(backend, line);
    } catch (ReloadRequiredException e) {
      return null; // It can be deleted all the same.
    }
  }

  /** All that {@code add server} has to be given. */
  private static Definition definition(Backend backend, ServerLine line)
      throws ReloadRequiredException {
    try {
      return new Definition(
          new ServerName(backend.name(), line.name()),
          ServerAddress.parse(line.address()),
          line.options());
    } catch (IllegalArgumentException e) {
      throw new ReloadRequiredException(
          "server " + backend.name() + "/" + line.name() + ": " + e.getMessage());
    }
  }

  private static ReloadRequiredException reload(Backend backend, String why) {
    return new ReloadRequiredException("backend " + backend.name() + ": " + why);
  }

  private static ReloadRequiredException reload(Definition server, String why) {
    return new ReloadRequiredException("server " + server.name() + why);
  }

  /** Such as {@code .if}: a server line within may mean no server. */
  private static boolean hasConditions(HaproxyConfig config) {
    return config.sections().stream()
        .flatMap(section -> section.lines().stream())
        .anyMatch(line -> line.word(0).startsWith("."));
  }

  /** Peers, rings and log backends have lines of that name too. */
  private static List<?> serversElsewhere(HaproxyConfig config) {
    return config.sections().stream()
        .filter(section -> !WITH_SERVERS.contains(section.kind()))
        .map(Section::lines)
        .toList();
  }

  private static List<String> differences(HaproxyConfig running, HaproxyConfig wanted) {
    Map<String, Section> before = byTitle(running);
    Map<String, Section> after = byTitle(wanted);
    List<String> found = new ArrayList<>();
    after.forEach(
        (title, section) -> {
          Section old = before.get(title);
          if (old == null) {
            found.add(title + " added");
          } else if (!old.equals(section)) {
            found.addAll(differences(title, old, section));
          }
        });
    before.keySet().stream()
        .filter(title -> !after.containsKey(title))
        .forEach(title -> found.add(title + " removed"));
    if (found.isEmpty()) {
      found.add("order of the sections changed");
    }
    return found;
  }

  private static List<String> differences(String title, Section old, Section wanted) {
    if (!old.head().equals(wanted.head()) || !old.otherLines().equals(wanted.otherLines())) {
      return List.of(title + " changed");
    }
    ChangedPart<ConfigLine> part = ChangedPart.of(old.lines(), wanted.lines());
    Map<String, ConfigLine> before = byName(part.before());
    Map<String, ConfigLine> after = byName(part.after());
    long added = after.keySet().stream().filter(name -> !before.containsKey(name)).count();
    long removed = before.keySet().stream().filter(name -> !after.containsKey(name)).count();
    long changed =
        after.entrySet().stream()
            .filter(entry -> before.containsKey(entry.getKey()))
            .filter(entry -> !Objects.equals(before.get(entry.getKey()), entry.getValue()))
            .count();
    List<String> found = new ArrayList<>();
    count(found, added, "added", title);
    count(found, removed, "removed", title);
    count(found, changed, "changed", title);
    if (found.isEmpty()) {
      found.add("order of the lines in " + title + " changed");
    }
    return found;
  }

  private static void count(List<String> found, long servers, String what, String title) {
    if (servers > 0) {
      found.add(servers + (servers == 1 ? " server " : " servers ") + what + " in " + title);
    }
  }

  /** Numbers sections of the same title, which is legal for {@code global} and {@code defaults}. */
  private static Map<String, Section> byTitle(HaproxyConfig config) {
    Map<String, Section> sections = new LinkedHashMap<>();
    Map<String, Integer> seen = new HashMap<>();
    for (Section section : config.sections()) {
      String title = section.kind().isEmpty() ? "preamble" : section.kind() + " " + section.name();
      title = title.strip();
      int number = seen.merge(title, 1, Integer::sum);
      sections.put(number == 1 ? title : title + " (no. " + number + ")", section);
    }
    return sections;
  }

  private static Map<String, ConfigLine> byName(List<ConfigLine> lines) {
    Map<String, ConfigLine> byName = new LinkedHashMap<>();
    for (ConfigLine line : lines) {
      if (line.isServer()) {
        byName.putIfAbsent(line.word(1), line);
      }
    }
    return byName;
  }

  /** What two lists have between the same elements at their beginning and at their end. */
  private record ChangedPart<T>(List<T> before, List<T> after) {
    static <T> ChangedPart<T> of(List<T> before, List<T> after) {
      int most = Math.min(before.size(), after.size());
      int head = 0;
      while (head < most && before.get(head).equals(after.get(head))) {
        head++;
      }
      int tail = 0;
      while (tail < most - head
          && before.get(before.size() - 1 - tail).equals(after.get(after.size() - 1 - tail))) {
        tail++;
      }
      return new ChangedPart<>(
          before.subList(head, before.size() - tail), after.subList(head, after.size() - tail));
    }
  }

  /** The first of these in one line, and how many more there are. */
  static String inOneLine(List<String> reasons) {
    if (reasons.size() <= MAX_REASONS) {
      return String.join(", ", reasons);
    }
    return String.join(", ", reasons.subList(0, MAX_REASONS))
        + " and "
        + (reasons.size() - MAX_REASONS)
        + " more";
  }

  /** A change cannot be made at run time, so HAProxy has to reload. */
  public static final class ReloadRequiredException extends Exception {

    private static final long serialVersionUID = 1L;

    /** With the reason, in one line. */
    ReloadRequiredException(String reason) {
      super(reason, null, false, false);
    }

    /** In one line. */
    public String reason() {
      return Objects.requireNonNull(getMessage());
    }
  }
}
