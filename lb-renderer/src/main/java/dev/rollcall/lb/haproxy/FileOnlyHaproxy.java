package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.MapFile;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.Haproxy.ConfigCheck;
import dev.rollcall.lb.haproxy.Haproxy.DrainingServer;
import dev.rollcall.lb.haproxy.Haproxy.ReloadResult;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * No HAProxy to control: only the file is written. With a binary the file is checked all the same,
 * as for a single run ({@code --once --haproxy}). Stateless and thread-safe.
 */
public final class FileOnlyHaproxy implements Haproxy {

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
  public Set<ServerName> change(List<? extends HaproxyChange> changes) throws RuntimeApiException {
    throw nobody();
  }

  @Override
  public Set<ServerName> deleteIdleServers(Collection<DrainingServer> draining)
      throws RuntimeApiException {
    throw nobody();
  }

  @Override
  public Set<String> deleteIdleBackends(Collection<String> names) throws RuntimeApiException {
    throw nobody();
  }

  @Override
  public BackendTable backends() throws RuntimeApiException {
    throw nobody();
  }

  @Override
  public Map<String, List<MapFile.Entry>> maps(Collection<String> paths)
      throws RuntimeApiException {
    throw nobody();
  }

  @Override
  public List<ServerState> servers() throws RuntimeApiException {
    throw nobody();
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

  private static RuntimeApiException nobody() {
    return new RuntimeApiException("no HAProxy was named that could be told");
  }
}
