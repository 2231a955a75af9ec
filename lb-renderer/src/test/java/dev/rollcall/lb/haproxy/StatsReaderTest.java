package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.lb.haproxy.StatsReport.ServerStats;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class StatsReaderTest {
  private static final String ANSWER =
      "# pxname,svname,status,addr,\nweb,web-1,UP,198.18.0.5:80,\n";

  @TempDir Path directory;
  private Path path;
  private StatsReader reader;
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 10);

  @BeforeEach
  void reader() {
    path = directory.resolve("master.sock");
    reader = new StatsReader(new HaproxySocket(path), nanos::get, () -> {});
  }

  @Test
  void asksHaproxyOnceForManyReaders() {
    try (FakeMasterSocket master = FakeMasterSocket.at(path, command -> ANSWER)) {
      for (int i = 0; i < 100; i++) {
        assertThat(reader.read().servers()).extracting(ServerStats::name).containsExactly("web-1");
      }
      assertThat(master.commands()).containsExactly("@1 show stat -1 4 -1");
      nanos.addAndGet(StatsReader.CACHED.toNanos());
      reader.read();
      assertThat(master.commands()).hasSize(2);
    }
  }

  @Test
  void returnsLastReportWhileARequestIsPending() throws Exception {
    CountDownLatch answering = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    try (FakeMasterSocket master =
        FakeMasterSocket.at(
            path,
            command -> {
              asked.countDown();
              assertThat(answering.await(30, TimeUnit.SECONDS)).isTrue();
              return ANSWER;
            })) {
      CompletableFuture<StatsReport> first = CompletableFuture.supplyAsync(reader::read);
      assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(reader.read()).isEqualTo(StatsReport.NONE);
      answering.countDown();
      assertThat(first.get(30, TimeUnit.SECONDS).servers()).hasSize(1);
      assertThat(master.commands()).hasSize(1);
    }
  }

  @Test
  void reportsAbsentHaproxyAndRecovers() {
    assertThat(reader.read().problem()).startsWith("nobody answers at ");
    try (FakeMasterSocket master = FakeMasterSocket.at(path, command -> ANSWER)) {
      nanos.addAndGet(StatsReader.CACHED.toNanos());
      await().until(() -> reader.read().problem() == null);
      assertThat(master.commands()).isNotEmpty();
    }
  }

  @Test
  void reportsUnexpectedReply() {
    try (FakeMasterSocket master = FakeMasterSocket.at(path, command -> "Permission denied\n")) {
      assertThat(reader.read().problem())
          .isEqualTo("no statistics from HAProxy: Permission denied");
      assertThat(master.commands()).hasSize(1);
    }
  }

  @Test
  void reportsTruncatedHeader() {
    try (FakeMasterSocket master = FakeMasterSocket.at(path, command -> "# pxname,svname,")) {
      assertThat(reader.read().problem()).isEqualTo("no statistics from HAProxy: # pxname,svname,");
      assertThat(master.commands()).hasSize(1);
    }
  }

  @Test
  void timesOutAfterASecond() {
    try (FakeMasterSocket master =
        FakeMasterSocket.at(
            path,
            command -> {
              new CountDownLatch(1).await();
              return "";
            })) {
      long began = System.nanoTime();
      assertThat(reader.read().problem()).isEqualTo("no answer in time");
      assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(10));
      assertThat(master.commands()).hasSize(1);
    }
  }
}
