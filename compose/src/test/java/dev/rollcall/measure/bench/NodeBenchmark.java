package dev.rollcall.measure.bench;

import dev.rollcall.measure.CommandRunner;
import dev.rollcall.measure.MeasurementRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** web-node: from container start until in the pool, its memory, image and rebuild. */
final class NodeBenchmark extends WebBenchmark {
  NodeBenchmark(BenchmarkRun run) {
    super(run);
  }

  @Override
  void measure() throws IOException {
    List<String> all = new ArrayList<>(kinds("web-node"));
    if (hasDemo("Apache, PHP and a Consul agent")) {
      all.add(DEMO);
    }
    Samples times = new Samples();
    Samples memory = new Samples();
    int rounds = BenchmarkRun.rounds(11, 2);
    for (int round = 1; round <= rounds; round++) {
      for (String who : all) {
        long began = System.nanoTime();
        Node node = startNode(who);
        awaitHealth(node);
        times.add("run to ready, " + who, secondsSince(began));
        awaitInPool(node);
        double pooled = secondsSince(began);
        times.add("run to in the pool, " + who, pooled);
        times.add("processor time until in the pool, " + who, run.cpuSeconds(node.container()));
        addMemory(memory, who, node.container());
        stop(node);
        MeasurementRun.say(
            "  round %d of %d: %s in the pool after %.3f s", round, rounds, who, pooled);
      }
    }
    run.measured(
        BenchmarkRun.quick()
            ? times.medians(run.benchmark(), "s", name -> true)
            : times.distributions(run.benchmark(), "s"));
    run.measured(memory.medians(run.benchmark(), "MiB", name -> true));
    ratios(times, "run to in the pool, ", all);
    for (String who : all) {
      if (!who.equals(DEMO) && all.contains(DEMO)) {
        ratio(times, "run to in the pool, " + who, "run to in the pool, " + DEMO);
      }
    }
    all.forEach(this::layers);
    run.note(
        "2015 is Apache with PHP, a Consul agent and supervisord in one container, of Debian's"
            + " packages; its agent checks it once a second. plain and archive are web-node without"
            + " and with the archive of its classes");
    run.note(
        "run is from docker run; ready is the first 200 from /health; in the pool is the first"
            + " answer of this container through HAProxy. RSS and PSS are those of all processes of"
            + " the container, 3 s later");
    rebuilds();
  }

  /** Sizes of its image: all, and what a change of one line of it ships again. */
  private void layers(String who) {
    String image = who.equals(DEMO) ? run.session().fact("WEB_2015") : image("web-node", who);
    long all = 0;
    long archive = 0;
    long libraries = 0;
    long changed = 0;
    for (String line :
        commands()
            .call(
                List.of(
                    "docker",
                    "history",
                    "--human=false",
                    "--no-trunc",
                    "--format",
                    "{{.Size}}\t{{.CreatedBy}}\t{{.Comment}}",
                    image))
            .lines()) {
      String[] layer = line.split("\t", 3);
      long size = Long.parseLong(layer[0]);
      boolean jib = line.contains("jib");
      boolean library = layer[2].equals("dependencies");
      all += size;
      archive += layer[1].isEmpty() ? size : 0;
      libraries += jib && library ? size : 0;
      changed += (jib && !library) || layer[1].contains("COPY index.php") ? size : 0;
    }
    megabytes("image, " + who, "%.1f", all);
    if (libraries > 0) {
      megabytes("of it libraries, " + who, "%.1f", libraries);
    }
    if (archive > 0) {
      megabytes("of it archive, " + who, "%.1f", archive);
    }
    megabytes("layers that one changed line ships again, " + who, "%.3f", changed + archive);
  }

  private void megabytes(String name, String format, long bytes) {
    run.measured(name, String.format(Locale.ROOT, format, bytes / 1e6), "MB");
  }

  /**
   * How long until the image is there again after one line has changed, in a copy of the sources.
   */
  private void rebuilds() throws IOException {
    if (!MeasurementRun.environment("BENCH_NO_BUILD", "").isEmpty()) {
      return;
    }
    String tag = TAG + "-rebuild";
    Path copy = Files.createTempDirectory("rollcall-rebuild");
    Path clone = copy.resolve("clone");
    Path demo = copy.resolve("web-2015");
    Runnable takeAway =
        () -> {
          commands()
              .run("docker", "image", "rm", "rollcall/web-node:" + tag, "rollcall/web-2015:" + tag);
          commands().run("rm", "-rf", copy.toString());
        };
    run.session().atEnd(takeAway);
    try {
      run.measured(rebuilds(tag, clone, demo).medians(run.benchmark(), "s", name -> true));
    } finally {
      run.session().cleanUp(takeAway);
    }
  }

  private Samples rebuilds(String tag, Path clone, Path demo) throws IOException {
    Samples samples = new Samples();
    CommandRunner commands = commands().within(Duration.ofMinutes(15));
    commands.runOrFail(
        List.of("git", "clone", "-q", run.session().root().toString(), clone.toString()));
    commands.runOrFail(
        List.of(
            "cp",
            "-a",
            run.session().measure().resolve("bench.d/web-2015").toString(),
            demo.toString()));
    List<String> maven =
        List.of(
            "mvn",
            "-B",
            "-ntp",
            "-f",
            clone.resolve("pom.xml").toString(),
            "-pl",
            "web-node",
            "-am",
            "package",
            "jib:dockerBuild",
            "-Dmaven.test.skip=true",
            "-Dimage.jre=docker://" + run.session().fact("JRE_IMAGE"),
            "-Dimage.tag=" + tag);
    run.session().step("build the copy once", () -> commands.runOrFail(maven));
    List<String> offline = new ArrayList<>(maven);
    offline.addAll(1, List.of("-o", "-q"));
    for (int round = 1; round <= BenchmarkRun.rounds(5, 1); round++) {
      change(clone, round);
      long began = System.nanoTime();
      commands.runOrFail(offline);
      samples.add("rebuild after one changed line, plain", secondsSince(began));
      if (hasArchive("web-node") && archive("web-node", tag)) {
        samples.add("rebuild after one changed line, archive", secondsSince(began));
      }
      if (!run.session().fact("WEB_2015").isEmpty()) {
        began = System.nanoTime();
        Files.writeString(
            demo.resolve("Dockerfile"),
            "FROM %s\nCOPY index.php /var/www/html/\n".formatted(run.session().fact("WEB_2015")));
        Path page = demo.resolve("index.php");
        Files.writeString(page, Files.readString(page) + "<?php // " + round + " ?>\n");
        commands.runOrFail(
            List.of(
                "docker",
                "buildx",
                "build",
                "-q",
                "--load",
                "-t",
                "rollcall/web-2015:" + tag,
                demo.toString()));
        samples.add("rebuild after one changed line, 2015", secondsSince(began));
      }
    }
    return samples;
  }

  /** One line more in the class whose main method is run, another one in each round. */
  private static void change(Path clone, int round) throws IOException {
    String name = Files.readString(clone.resolve("web-node/pom.xml"));
    Matcher main = Pattern.compile("<main.class>(.*)</main.class>").matcher(name);
    if (!main.find()) {
      throw new IOException("web-node/pom.xml names no main.class");
    }
    Path source =
        clone.resolve("web-node/src/main/java/" + main.group(1).replace('.', '/') + ".java");
    String text = Files.readString(source).replaceAll("(?m)^  static final int REBUILT = .*\n", "");
    Files.writeString(
        source,
        text.replaceFirst(
            "(?m)^(.*\\bclass .*\\{)$", "$1\n  static final int REBUILT = " + round + ";"));
  }
}
