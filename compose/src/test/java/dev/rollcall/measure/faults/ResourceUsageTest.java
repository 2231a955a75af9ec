package dev.rollcall.measure.faults;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ResourceUsageTest {
  private static String status(String name, int pid, int parent) {
    return "Name:\t%s\nPid:\t%d\nPPid:\t%d\nVmRSS:\t    2048 kB\nThreads:\t3\n"
        .formatted(name, pid, parent);
  }

  private static String open(int pid, String... links) {
    StringBuilder text = new StringBuilder("/proc/" + pid + "/fd:\ntotal 0\n");
    for (String link : links) {
      text.append("lrwx------ 1 u u 64 Nov 30 08:00 3 -> ").append(link).append('\n');
    }
    return text.toString();
  }

  @Test
  void addsUpTheFirstProcessAndThoseThatItHasBegun() {
    String text =
        status("haproxy", 1, 0)
            + status("haproxy", 8, 1)
            + status("haproxy", 9, 1)
            + open(1, "/dev/null", "socket:[1]")
            + open(8, "socket:[2]", "socket:[3]")
            + open(9);

    assertThat(ResourceUsage.parse(text)).isEqualTo(new ResourceUsage(3, 2, 6, 9, 3, 4));
  }

  @Test
  void leavesOutTheProcessesThatLookFromOutside() {
    String text =
        status("java", 1, 0)
            + status("sh", 50, 0)
            + status("cat", 51, 50)
            + open(1, "socket:[1]")
            + open(50, "socket:[2]");

    assertThat(ResourceUsage.parse(text)).isEqualTo(new ResourceUsage(1, 0, 2, 3, 1, 1));
  }

  @Test
  void aContainerThatGaveNothingCouldNotBeLookedInto() {
    assertThat(ResourceUsage.parse("")).isNull();
    assertThat(ResourceUsage.parse(status("java", 1, 0))).isNull();
  }
}
