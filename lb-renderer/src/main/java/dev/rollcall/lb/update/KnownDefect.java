package dev.rollcall.lb.update;

import dev.rollcall.lb.config.Backend;
import dev.rollcall.lb.haproxy.HaproxyVersion;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A defect of some releases of HAProxy that affects changes at run time, so that a reload is made
 * instead. A release is fixed if its change log has the commit; where that was not available, a
 * later release or the end of the branch is used, since a reload too many does no harm. Immutable.
 *
 * @param releases with the defect
 * @param affects whether it affects changes in a backend
 * @param effect in words
 * @param source the commit that fixed it
 * @see <a href="https://github.com/haproxy/haproxy/blob/master/CHANGELOG">HAProxy's change log</a>
 */
record KnownDefect(
    List<Releases> releases, Predicate<Backend> affects, String effect, String source) {

  /**
   * Releases from the first, and before the last.
   *
   * @param from the first that has the defect
   * @param fixed the first that has it no more
   */
  record Releases(HaproxyVersion from, HaproxyVersion fixed) {
    boolean contains(HaproxyVersion version) {
      return version.atLeast(from) && !version.atLeast(fixed);
    }
  }

  private static final List<KnownDefect> ALL =
      List.of(
          // Reported as haproxy#3360: the worker hangs and is killed by its watchdog. It came with
          // f4a9c6ffa in 3.2.6 and 3.3-dev9.
          new KnownDefect(
              List.of(
                  releases("3.2.6", "3.2.19"),
                  releases("3.3-dev9", "3.3.10"),
                  releases("3.4-dev1", "3.4.0")),
              backend -> backend.algorithm().equals("leastconn"),
              "balance leastconn can hang when servers that were added are taken out and back",
              "2a1599297"),
          // The rewritten queue (3.2-dev9) was not protected when servers go up and down.
          new KnownDefect(
              List.of(releases("3.2-dev9", "3.2.2")),
              backend -> backend.algorithm().equals("leastconn"),
              "balance leastconn can hang or crash when servers change their state",
              "913b2d6c8 and e28e647fe"),
          // The place of an added server in the ring does not follow its hash-key (64c5d45a2), and
          // with "hash-key id" is another than before 3.0 and after the fix (03e9a5a1e, which is in
          // 3.2.7 and 3.3-dev10).
          new KnownDefect(
              List.of(
                  releases("3.0", "3.0.23"),
                  releases("3.1", "3.2"),
                  releases("3.2", "3.2.12"),
                  releases("3.3-dev1", "3.3.3"),
                  releases("3.4-dev1", "3.4.0")),
              Backend::hashesConsistently,
              "a server that is added gets another place in a consistent hash than after a reload",
              "64c5d45a2 and 03e9a5a1e"),
          // Without "sni" such a server is spoken to without a name, unlike those of the file.
          new KnownDefect(
              List.of(releases("3.3-dev1", "3.3.10"), releases("3.4-dev1", "3.4.0")),
              backend -> backend.anyServer("ssl") && !backend.anyServer("sni"),
              "a server with ssl that is added does not send the server name that those of the file"
                  + " send",
              "de5fc2f51"),
          new KnownDefect(
              List.of(
                  releases("3.0", "3.0.11"), releases("3.1", "3.2"), releases("3.2-dev1", "3.2")),
              backend -> backend.anyServer("guid"),
              "a guid that is still in use crashes the worker",
              "b40ce97ec"));

  /** Why a change of servers in this backend needs a reload; empty when no defect is known. */
  static Optional<String> of(HaproxyVersion version, Backend backend) {
    return ALL.stream()
        .filter(defect -> defect.releases().stream().anyMatch(some -> some.contains(version)))
        .filter(defect -> defect.affects().test(backend))
        .findFirst()
        .map(
            defect ->
                "with HAProxy "
                    + version
                    + " "
                    + defect.effect()
                    + " (fixed by commit "
                    + defect.source()
                    + ")");
  }

  private static Releases releases(String from, String fixed) {
    return new Releases(HaproxyVersion.parse(from), HaproxyVersion.parse(fixed));
  }
}
