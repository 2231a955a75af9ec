#!/usr/bin/env bash
# The JDK's HttpServer takes longer to stop when it is idle than when it is busy.
#
# Guess:   stop(4) returns as soon as no request is in progress, after 4 s at the latest.
# Happens: with a request in progress it returns when that has been answered (1 s here); with none it waits the whole 4 s, although nothing can come any more.
# Seen:    JDK 17.0.15 (Debian openjdk-17). Source: com.sun.net.httpserver.HttpServer.stop.
# Matters: a small service that gives its last requests time to end uses up the whole grace at each stop in the quiet hours; with a delay near that of
#          `docker stop` (10 s) it is killed before it has deregistered.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
version=$(java -XshowSettings:properties -version 2>&1 | sed -n 's/ *java.specification.version = //p')
[ "$version" = 17 ] || unavailable "JDK 17 (this is $version)"
cat >Stop.java <<'JAVA'
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URL;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;

class Stop {
  public static void main(String[] none) throws Exception {
    System.out.println("busy " + (seconds(true) < 3 ? "early" : "the whole delay"));
    System.out.println("idle " + (seconds(false) < 3 ? "early" : "the whole delay"));
    System.exit(0);
  }

  static double seconds(boolean busy) throws Exception {
    var server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    var reached = new CountDownLatch(1);
    server.createContext("/", exchange -> {
      reached.countDown();
      try { Thread.sleep(1000); } catch (InterruptedException e) { return; }
      exchange.sendResponseHeaders(200, -1);
      exchange.close();
    });
    server.setExecutor(Executors.newCachedThreadPool());
    server.start();
    var url = new URL("http://127.0.0.1:" + server.getAddress().getPort());
    var client = new Thread(() -> { try { url.openStream().close(); } catch (java.io.IOException e) { e.printStackTrace(); } });
    client.start();
    reached.await();
    if (!busy) {
      client.join();
      Thread.sleep(1000); // what the server does after its answer
    }
    long begin = System.nanoTime();
    server.stop(4);
    return (System.nanoTime() - begin) / 1e9;
  }
}
JAVA
java Stop.java >seen
expect "stop(4) with a request that ends after 1 s" "$(sed -n 1p seen)" "busy early"
expect "stop(4) without a request" "$(sed -n 2p seen)" "idle the whole delay"
