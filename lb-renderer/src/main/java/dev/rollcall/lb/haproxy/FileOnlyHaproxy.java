package dev.rollcall.lb.haproxy;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * No HAProxy to tell: somebody else makes use of the file. With a binary it is checked all the
 * same, which is what a single run ({@code --once --haproxy}) wants. Stateless and thread-safe.
 */
public final class FileOnlyHaproxy implements Haproxy {

  private static final String NOBODY = "no HAProxy was named that could be told";

  private final @Nullable HaproxyBinary binary;

  /** Nothing is checked. */
  public FileOnlyHaproxy() {
    this.binary = null;
  }

  /** Candidates are checked by a binary. */
  public FileOnlyHaproxy(HaproxyBinary binary) {
    this.binary = binary;
  }

  @Override
  public ConfigCheck check(Path candidate) {
    return binary == null
        ? new ConfigCheck.Unavailable("no HAProxy was named to check it with")
        : binary.check(candidate);
  }

  @Override
  public ReloadResult reload() {
    return new ReloadResult.NotNeeded();
  }

  @Override
  public ChangeResult change(List<ServerChange> steps) {
    return new ChangeResult.Failure(NOBODY);
  }

  @Override
  public ChangeResult deleteIdleServers(Collection<DrainingServer> leaving) {
    return new ChangeResult.Failure(NOBODY);
  }

  @Override
  public RunningServers servers() {
    return new RunningServers.Unseen(NOBODY);
  }

  @Override
  public HaproxyStatus status() {
    return HaproxyStatus.absent(HaproxyStatus.Mode.FILE_ONLY, null);
  }

  @Override
  public void onRestart(Runnable listener) {
    // There is nothing that could restart.
  }

  @Override
  public void close() {
    // There is nothing to let go of.
  }
}
