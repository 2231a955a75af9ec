package dev.rollcall.lb.update;

/** Configurations of a site that tells, in a header, which of them a worker has. */
final class SiteConfigs {

  static final int PORT = 8080;
  static final String HEADER = "X-Generation";

  private SiteConfigs() {}

  /** A good one. */
  static String generation(int number) {
    return with(number, "");
  }

  /** With more lines in its frontend. */
  static String with(int number, String lines) {
    return """
        global
            hard-stop-after 30s
        defaults
            mode http
            timeout connect 2s
            timeout client 30s
            timeout server 30s
            timeout http-keep-alive 10s
            option idle-close-on-response
        frontend fe_site
            bind :8080
            %s
            http-request return status 200 content-type text/plain string site hdr %s %d
        """
        .formatted(lines, HEADER, number);
  }
}
