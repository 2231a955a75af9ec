package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.util.JavacTask;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** Everything in the public packages is documented, as far as the compiler can tell. */
class DocumentationTest {

  private static final Path SOURCES = Path.of("src/main/java");
  private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();
  private static final List<String> OPTIONS =
      List.of(
          "-proc:none",
          "-classpath",
          System.getProperty("java.class.path"),
          "-Xmaxwarns",
          "1000",
          "-Xdoclint:all/protected",
          "-Xdoclint/package:-dev.rollcall.discovery.internal,"
              + "-dev.rollcall.discovery.internal.*");

  /** Its components are documented once, at the record. */
  private static final Pattern COMPACT_CONSTRUCTOR = Pattern.compile(" *public [A-Z]\\w+ \\{");

  private static List<String> complaints(Iterable<? extends JavaFileObject> sources)
      throws IOException {
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    ((JavacTask) COMPILER.getTask(null, null, found, OPTIONS, null, sources)).analyze();
    return found.getDiagnostics().stream()
        .filter(each -> !isOfCompactConstructor(each))
        .map(each -> each.toString())
        .toList();
  }

  private static boolean isOfCompactConstructor(Diagnostic<? extends JavaFileObject> complaint) {
    JavaFileObject source = complaint.getSource();
    if (source == null || !complaint.getMessage(Locale.ENGLISH).contains("no @param for")) {
      return false;
    }
    try (Stream<String> lines = source.getCharContent(true).toString().lines()) {
      String line = lines.skip(complaint.getLineNumber() - 1).findFirst().orElseThrow();
      return COMPACT_CONSTRUCTOR.matcher(line).matches();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void everyPublicElementIsDocumented() throws IOException {
    try (StandardJavaFileManager files =
            COMPILER.getStandardFileManager(null, null, StandardCharsets.UTF_8);
        Stream<Path> sources = Files.walk(SOURCES)) {
      List<Path> java = sources.filter(each -> each.toString().endsWith(".java")).toList();
      assertThat(complaints(files.getJavaFileObjectsFromPaths(java))).isEmpty();
    }
  }

  @Test
  void whatIsNotDocumentedIsFound() throws IOException {
    String source =
        """
        package dev.rollcall.discovery;
        /**
         * A record.
         *
         * @param one its only component
         */
        public record Undocumented(int one) {
          /** Checks nothing. */
          public Undocumented {
          }
          public int forgotten(int of) { return of; }
          /** What it is. */
          public int halfForgotten(int of) { return of; }
        }
        """;
    JavaFileObject file =
        new SimpleJavaFileObject(
            URI.create("memory:///Undocumented.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    assertThat(complaints(List.of(file)))
        .hasSize(3)
        .anyMatch(line -> line.contains("no comment"))
        .anyMatch(line -> line.contains("no @param for of"))
        .anyMatch(line -> line.contains("no @return"));
  }
}
