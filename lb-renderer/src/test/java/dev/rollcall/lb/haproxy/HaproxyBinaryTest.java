package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.rollcall.lb.haproxy.Haproxy.ConfigCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class HaproxyBinaryTest {

  @TempDir Path directory;

  @Test
  void rejectsMissingFile() {
    Path path = directory.resolve("haproxy");

    assertThatExceptionOfType(HaproxyUnavailableException.class)
        .isThrownBy(() -> HaproxyBinary.at(path))
        .withMessage("no HAProxy at " + path + ": install it or name another path");
  }

  @Test
  void rejectsFileThatIsNotExecutable() throws IOException {
    Path path = Files.writeString(directory.resolve("haproxy"), "#!/bin/sh\n");

    assertThatExceptionOfType(HaproxyUnavailableException.class)
        .isThrownBy(() -> HaproxyBinary.at(path))
        .withMessage("cannot run HAProxy at " + path + ": not an executable file");
  }

  @Test
  void rejectsDirectory() {
    assertThatExceptionOfType(HaproxyUnavailableException.class)
        .isThrownBy(() -> HaproxyBinary.at(directory))
        .withMessageContaining("not an executable file");
  }

  @Test
  void passesOnExitCodeZeroOnly() throws Exception {
    assertThat(program("exit 0").check(directory)).isEqualTo(new ConfigCheck.Passed());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 139})
  void refusesOnAnyOtherExitCode(int code) throws Exception {
    assertThat(program("exit " + code).check(directory))
        .isEqualTo(new ConfigCheck.Refused("haproxy -c ended with " + code));
  }

  @Test
  void refusesWithAlertsOfTheProgram() throws Exception {
    HaproxyBinary binary = program("echo '[ALERT]    (7) : config : bad '$2 $3 >&2; exit 1");

    assertThat(binary.check(Path.of("x.cfg")))
        .isEqualTo(new ConfigCheck.Refused("config : bad -f x.cfg"));
  }

  @Test
  void timesOut() throws Exception {
    assertThat(program("exec sleep 600").withCheckTimeout(Duration.ofSeconds(1)).check(directory))
        .isEqualTo(
            new ConfigCheck.TimedOut(
                "haproxy -c did not end within 1 s: give it more with --check-timeout"));
  }

  @Test
  void isUnavailableWhenBinaryCannotBeRun() throws Exception {
    HaproxyBinary binary = script("#!/nowhere/interpreter\n");

    assertThat(binary.check(directory)).isInstanceOf(ConfigCheck.Unavailable.class);
  }

  @Test
  void commandDoesNotInheritEnvironment() throws Exception {
    HaproxyBinary.Result ended = HaproxyBinary.run(List.of("/usr/bin/env"), Duration.ofSeconds(10));

    assertThat(System.getenv()).isNotEmpty();
    assertThat(ended).isEqualTo(new HaproxyBinary.Result(0, ""));
  }

  @Test
  void commandIsKilledAtTimeout() throws Exception {
    HaproxyBinary.Result ended =
        HaproxyBinary.run(
            List.of("/bin/sh", "-c", "echo begun; exec sleep 600"), Duration.ofSeconds(3));

    assertThat(ended.timedOut()).isTrue();
    assertThat(ended.output()).isEqualTo("begun\n");
  }

  @Test
  void longOutputIsTruncated() throws Exception {
    HaproxyBinary.Result ended =
        HaproxyBinary.run(
            List.of("/bin/sh", "-c", "head -c 1000000 /dev/zero"), Duration.ofSeconds(20));

    assertThat(ended.exitCode()).isZero();
    assertThat(ended.output()).hasSize(64 * 1024);
  }

  private HaproxyBinary program(String line) throws Exception {
    return script("#!/bin/sh\n" + line + "\n");
  }

  private HaproxyBinary script(String text) throws Exception {
    Path path = Files.writeString(directory.resolve("haproxy"), text);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    return HaproxyBinary.at(path);
  }
}
