package dev.rollcall.measure.faults;

import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.load.LoadTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import picocli.CommandLine.Command;

/**
 * {@code compose/measure/spring}: the same faults of one Spring Boot application with the starter
 * and with Spring Cloud Consul.
 */
@Command(name = "spring", sortOptions = false)
public final class SpringCommand extends FaultSuite<SpringFault> {
  private static final Pattern LIBRARY =
      Pattern.compile(
          ".*/((?:spring-boot|spring-cloud-consul-discovery|discovery-core-spring-boot-starter)-[0-9].*)[.]jar");

  private SpringCommand() {
    super("spring", SpringFault.all());
  }

  /** Runs the command line, and exits. */
  public static void main(String[] arguments) {
    System.exit(MeasurementRun.execute(new SpringCommand(), arguments));
  }

  @Override
  protected String describe(SpringFault fault) {
    return "%-20s %s".formatted(fault.name(), fault.words());
  }

  @Override
  protected FaultableSystem<SpringFault> start(
      MeasurementRun session, boolean build, List<SpringFault> faults) {
    SystemUnderTest system =
        SystemUnderTest.start(
            session,
            false,
            build ? List.of("build", "spring") : List.of(),
            Map.of(
                "WEB_NODE_IMAGE", SpringFault.Client.STARTER.image(), "SPRING_HEARTBEAT", "false"),
            List.of(session.measure().resolve("faults.d/spring.yml")));
    return new FaultableSystem<>() {
      @Override
      public String head() {
        return FaultsCommand.head(system) + libraries(system) + "\n";
      }

      @Override
      public void run(SpringFault fault, FaultReport report) {
        SpringCommand.run(system, fault, report);
      }
    };
  }

  /**
   * The versions in the images, by the names of the libraries in the jars that they are made of.
   */
  private static String libraries(SystemUnderTest system) {
    TreeSet<String> all = new TreeSet<>();
    for (SpringFault.Client client : SpringFault.Client.values()) {
      Path jar = system.session().compose().resolve("spring/target").resolve(client.jar());
      try (ZipFile entries = new ZipFile(jar.toFile())) {
        entries.stream()
            .map(ZipEntry::getName)
            .forEach(
                name -> {
                  Matcher library = LIBRARY.matcher(name);
                  if (library.matches()) {
                    all.add(library.group(1));
                  }
                });
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return String.join(", ", all);
  }

  private static void run(SystemUnderTest system, SpringFault fault, FaultReport report) {
    MeasurementRun.say("== %s: %s", fault.name(), fault.words());
    system.set("WEB_NODE_IMAGE", fault.client().image());
    system.set("SPRING_HEARTBEAT", Boolean.toString(fault.client().hasHeartbeat()));
    // Nothing that an earlier row has left in Consul counts for this one.
    if (!system.compose("rm", "--stop", "--force", "web-node", "consul")
        || !system.scale(SpringFault.NODES)) {
      throw new ExitException(
          ExitException.FAILED,
          "Compose could not see to %d nodes; see %s"
              .formatted(SpringFault.NODES, system.session().log()));
    }
    system.awaitStart(SpringFault.NODES);
    Path directory = MeasurementRun.emptied(system.session().out().resolve(fault.name()));
    LoadTest load = FaultsCommand.beginLoad(system, directory, 0, Fault.LIMIT_SECONDS);
    FaultRun run = new FaultRun(system, load.requests());
    run.perform(fault.action());
    int mayFail = fault.client().isOurs() ? 0 : Fault.ANY;
    int postMayFail = fault.losesPosts() ? Fault.ANY : mayFail;
    report.enter(fault.name(), fault.words(), mayFail, postMayFail, load.result(load.end()), run);
  }
}
