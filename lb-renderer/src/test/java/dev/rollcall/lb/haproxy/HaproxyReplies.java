package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.HaproxyConfig;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Tables as HAProxy writes them, and configurations, for tests that list what they are about. */
public final class HaproxyReplies {

  static final String STATE_HEADER =
      "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight"
          + " srv_iweight srv_time_since_last_change srv_check_status srv_check_result"
          + " srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id"
          + " srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr"
          + " srv_agent_addr srv_agent_port\n";

  private HaproxyReplies() {}

  /**
   * A row: {@code backend/server address port admin weight}, and after these, where it matters, the
   * initial weight, the bits of the check and its result, and the server's number.
   */
  public static String state(String... rows) {
    return STATE_HEADER
        + Stream.of(rows)
            .map(row -> row.split(" ", -1))
            .map(
                cells ->
                    String.format(
                        "4 %s %s %s %s 2 %s %s %s 25 15 %s 4 %s 0 0 0 - %s - 0 0 - - 0%n",
                        cells[0].split("/", -1)[0],
                        cells.length > 8 ? cells[8] : "1",
                        cells[0].split("/", -1)[1],
                        cells[1],
                        cells[3],
                        cells[4],
                        cells.length > 5 ? cells[5] : cells[4],
                        cells.length > 7 ? cells[7] : "3",
                        cells.length > 6 ? cells[6] : "6",
                        cells[2]))
            .collect(Collectors.joining());
  }

  /** A row: {@code backend,server,queued,sessions}. */
  static String stat(String... rows) {
    return "# pxname,svname,qcur,scur,last_chk,\n"
        + Stream.of(rows)
            .map(row -> row + ",\"OK, or not: \"\"fine\"\"\",\n")
            .collect(Collectors.joining());
  }

  static String info(String version, int stopping) {
    return "Name: HAProxy\nVersion: "
        + version
        + "\nPid: 8\nUptime: 0d 0h00m25s\nUptime_sec: 25\nStopping: "
        + stopping
        + "\nBuild info: "
        + version
        + "\n";
  }

  /** A configuration with one backend, {@code be}, of these lines. */
  public static HaproxyConfig backend(List<String> lines) {
    return HaproxyConfig.parse(
        "defaults\n  mode http\nfrontend fe\n  bind :80\nbackend be\n"
            + lines.stream().map(line -> "  " + line + "\n").collect(Collectors.joining()));
  }
}
