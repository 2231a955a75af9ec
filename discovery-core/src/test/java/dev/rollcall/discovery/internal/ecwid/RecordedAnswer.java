package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.bench.ConsulAtHand;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A service that was read once, in Consul's own words. */
@State(Scope.Benchmark)
public class RecordedAnswer {

  private static final String NAME = "answer";

  /** How many instances it has. */
  @Param({"10", "1000", "5000"})
  public int instances;

  private byte[] same = {};
  private byte[] other = {};
  private @Nullable Reader reader;

  /** Has Consul word the answer, and that after one instance in the middle has changed. */
  @Setup
  public void ask() {
    ConsulAtHand consul = new ConsulAtHand();
    consul.fill(NAME, instances);
    String answer = consul.instancesOf(NAME);
    consul.empty(NAME, instances);
    same = answer.getBytes(StandardCharsets.UTF_8);
    String version = "\"1.0." + instances / 2 + "\"";
    String changed = answer.replace(version, "\"changed\"");
    if (changed.equals(answer)) {
      throw new IllegalStateException("no " + version + " is in the answer");
    }
    other = changed.getBytes(StandardCharsets.UTF_8);
    reader = readOnce();
  }

  private Reader readOnce() {
    Reader fresh = new Reader();
    Snapshot found = fresh.read(same);
    if (found.instances().size() != instances) {
      throw new IllegalStateException(found.instances().size() + " instances were read");
    }
    return fresh;
  }

  /** Reads it as if never before. */
  public Snapshot first() {
    return new Reader().read(same);
  }

  /** Reads it again. */
  public boolean again() {
    return reader().differs(same);
  }

  /** Reads it after one instance has changed since the last time. */
  public boolean changed() {
    byte[] before = same;
    same = other;
    other = before;
    return reader().differs(same);
  }

  private Reader reader() {
    Reader known = reader;
    if (known == null) {
      throw new IllegalStateException("it was not asked for");
    }
    return known;
  }

  /** A watch's way from an answer's bytes to whether it says something new. */
  private static final class Reader {
    private final QuerySpec.Parser<Snapshot> parser =
        new InstancesQuery(ServiceQuery.service(NAME)).parser();
    private @Nullable Snapshot current;

    Snapshot read(byte[] answer) {
      try {
        return parser.read(new ByteArrayInputStream(answer)).found();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    boolean differs(byte[] answer) {
      Snapshot found = read(answer);
      boolean differs = !found.equals(current);
      current = found;
      return differs;
    }
  }
}
