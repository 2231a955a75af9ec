package com.example.shop;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** What the load of compose/measure asks web nodes for. */
@RestController
class Pages {

  private static final Logger log = LoggerFactory.getLogger(Pages.class);

  private final String line;

  Pages() throws UnknownHostException {
    line = InetAddress.getLocalHost().getHostName() + "\n";
  }

  @GetMapping(path = "/", produces = "text/plain;charset=utf-8")
  String host() {
    return line;
  }

  /** Logs the id at once: an id that stands in the logs twice was delivered twice. */
  @PostMapping(path = "/trial", produces = "text/plain;charset=utf-8")
  String deliver(@RequestParam String id) {
    log.info("delivered {}", id);
    return line;
  }
}
