package dev.rollcall.discovery;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The library's threads that are alive in this process. */
final class LibraryThreads {

  private static final Pattern DUMPED = Pattern.compile("^#\\d+ \"([^\"]*)\"", Pattern.MULTILINE);

  private LibraryThreads() {}

  /** The names of threads, platform ones and virtual ones, that begin so. */
  static List<String> named(String prefix) {
    return Stream.concat(platform(), virtual())
        .distinct()
        .filter(name -> name.startsWith(prefix))
        .toList();
  }

  private static Stream<String> platform() {
    return Thread.getAllStackTraces().keySet().stream().map(Thread::getName);
  }

  /** Only a dump shows virtual threads; JVMs before 21 have neither. */
  private static Stream<String> virtual() {
    for (Method method : HotSpotDiagnosticMXBean.class.getMethods()) {
      if (method.getName().equals("dumpThreads")) {
        return DUMPED.matcher(dump(method)).results().map((MatchResult line) -> line.group(1));
      }
    }
    return Stream.empty();
  }

  private static String dump(Method dumpThreads) {
    try {
      Path folder = Files.createTempDirectory("threads");
      Path file = folder.resolve("dump");
      Object plainText = dumpThreads.getParameterTypes()[1].getEnumConstants()[0];
      dumpThreads.invoke(
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class),
          file.toString(),
          plainText);
      String dump = Files.readString(file);
      Files.delete(file);
      Files.delete(folder);
      return dump;
    } catch (IOException | ReflectiveOperationException e) {
      throw new IllegalStateException("cannot list the virtual threads", e);
    }
  }
}
