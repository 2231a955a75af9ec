package dev.rollcall.discovery.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.eclipse.jdt.core.compiler.batch.BatchCompiler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The example for Helidon compiles against Helidon. Helidon's classes are of Java 21: javac of a
 * JDK 17 does not read them, and Eclipse's compiler does.
 */
class HelidonExampleTest {

  @Test
  void compiles(@TempDir Path classes) {
    String classPath =
        Pattern.compile(File.pathSeparator, Pattern.LITERAL)
            .splitAsStream(System.getProperty("java.class.path"))
            .filter(entry -> new File(entry).exists())
            .collect(Collectors.joining(File.pathSeparator));
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    String[] arguments = {
      "-17", "-proc:none", "-cp", classPath, "-d", classes.toString(), "src/test/helidon"
    };
    boolean compiled = BatchCompiler.compile(arguments, out, out, null);
    assertThat(said.toString()).isEmpty();
    assertThat(compiled).isTrue();
  }
}
