package dev.rollcall.lb.update;

import dev.rollcall.lb.config.Backend;
import dev.rollcall.lb.config.Backend.ServerLine;
import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.HaproxyConfig.Section;
import dev.rollcall.lb.config.PrintableText;
import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.HaproxyVersion;
import dev.rollcall.lb.haproxy.ServerChange;
import dev.rollcall.lb.haproxy.ServerChange.AddServer;
import dev.rollcall.lb.haproxy.ServerChange.ChangeAddress;
import dev.rollcall.lb.haproxy.ServerChange.ChangeWeight;
import dev.rollcall.lb.haproxy.ServerChange.Definition;
import dev.rollcall.lb.haproxy.ServerChange.ReinstateServer;
import dev.rollcall.lb.haproxy.ServerChange.RemoveServer;
import dev.rollcall.lb.haproxy.ServerChange.SetState;
import dev.rollcall.lb.haproxy.ServerChange.State;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Plans the update from one configuration to another: at run time if only servers are added,
 * removed, moved or change their weight, and the result is known to be the same as after a reload;
 * otherwise by a reload. Pure; an object is used once.
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

  /** With these algorithms HAProxy can change the servers of a backend while it runs. */
  private static final Set<String> DYNAMIC = Set.of("roundrobin", "leastconn", "random");

  private final HaproxyVersion version;
  private final ServerReferences references;
  private final Set<Map.Entry<String, String>> loadedFiles;
  private final Map<ServerName, Definition> draining;
  private final List<ServerChange> added = new ArrayList<>();
  private final List<ServerChange> modified = new ArrayList<>();
  private final List<ServerChange> removed = new ArrayList<>();

  private UpdatePlanner(
      HaproxyVersion version, HaproxyConfig running, Map<ServerName, Definition> draining) {
    this.version = version;
    this.references = ServerReferences.of(running);
    this.loadedFiles = running.serverFiles();
    this.draining = draining;
  }

  /**
   * Plans the update from one configuration to another.
   *
   * @param running what HAProxy runs
   * @param wanted what it shall run
   * @param version of that HAProxy; null when its servers must not be changed at run time
   * @param draining removed servers that still exist
   */
  public static UpdatePlan plan(
      HaproxyConfig running,
      HaproxyConfig wanted,
      @Nullable HaproxyVersion version,
      Map<ServerName, Definition> draining) {
    if (running.equals(wanted)) {
      return new UpdatePlan.NoChange();
    }
    String differences = inOneLine(differences(running, wanted));
    if (version == null || !running.withoutServers().equals(wanted.withoutServers())) {
      return new UpdatePlan.Reload(differences);
    }
    try {
      List<ServerChange> changes = serverChanges(running, wanted, version, draining);
      return changes.isEmpty()
          ? new UpdatePlan.NoChange()
          : new UpdatePlan.RuntimeChange(changes, differences);
    } catch (ReloadRequiredException e) {
      return new UpdatePlan.Reload(differences + "; " + e.reason());
    }
  }

  /**
   * The changes of servers from one configuration to another.
   *
   * @return additions first and removals last; empty when HAProxy would see no difference
   * @throws ReloadRequiredException when they cannot be made at run time
   */
  public static List<ServerChange> serverChanges(
      HaproxyConfig running,
      HaproxyConfig wanted,
      HaproxyVersion version,
      Map<ServerName, Definition> draining)
      throws ReloadRequiredException {
    return new UpdatePlanner(version, running, draining).changes(running, wanted);
  }

  private List<ServerChange> changes(HaproxyConfig running, HaproxyConfig wanted)
      throws ReloadRequiredException {
    if (!version.atLeast(HaproxyVersion.RUNTIME_SERVERS)) {
      throw new ReloadRequiredException(version.tooOldForRuntimeServers());
    }
    if (!running.withoutServers().equals(wanted.withoutServers())) {
      throw new ReloadRequiredException("more than servers changed");
    }
    if (!serversElsewhere(running).equals(serversElsewhere(wanted))) {
      throw new ReloadRequiredException("servers outside of backends changed");
    }
    if (hasConditions(wanted)) {
      throw new ReloadRequiredException(
          "the configuration has conditions, which HAProxy alone can judge");
    }
    Map<String, Backend> before = backends(running);
    for (Backend backend : backends(wanted).values()) {
      Backend old = before.get(backend.name());
      if (old == null) {
        throw new ReloadRequiredException("backend " + backend.name() + " was added");
      }
      compare(old, backend);
    }
    List<ServerChange> changes = new ArrayList<>(added);
    changes.addAll(modified);
    changes.addAll(removed);
    long servers = changes.stream().map(ServerChange::name).distinct().count();
    if (servers > MAX_SERVERS) {
      throw new ReloadRequiredException(servers + " servers changed, and one reload is cheaper");
    }
    return changes;
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
    boolean sameOrder =
        List.copyOf(old.servers().keySet()).equals(List.copyOf(backend.servers().keySet()));
    if (sameOrder && old.servers().equals(backend.servers())) {
      return;
    }
    int before = added.size() + modified.size() + removed.size();
    for (ServerLine line : backend.servers().values()) {
      ServerLine was = old.servers().get(line.name());
      if (was == null) {
        added.add(add(backend, definition(backend, line)));
      } else if (!was.equals(line)) {
        modify(definition(backend, was), definition(backend, line));
      }
    }
    for (ServerLine line : old.servers().values()) {
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
    List<String> order = new ArrayList<>(old.orderedBackups());
    order.retainAll(wanted);
    wanted.stream().filter(name -> !order.contains(name)).forEach(order::add);
    boolean returns =
        draining.keySet().stream()
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
    Definition was = draining.get(server.name());
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
    for (Map.Entry<String, String> file : server.options().files().entrySet()) {
      if (!loadedFiles.contains(file)) {
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

  private ServerChange remove(Backend backend, ServerLine line) throws ReloadRequiredException {
    String title = backend.name() + "/" + line.name();
    Optional<String> reference = references.find(backend.name(), line.name());
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
    Map<String, ServerLine> before = byName(old.servers());
    Map<String, ServerLine> after = byName(wanted.servers());
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

  private static Map<String, ServerLine> byName(List<ServerLine> servers) {
    Map<String, ServerLine> byName = new LinkedHashMap<>();
    servers.forEach(server -> byName.putIfAbsent(server.name(), server));
    return byName;
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
