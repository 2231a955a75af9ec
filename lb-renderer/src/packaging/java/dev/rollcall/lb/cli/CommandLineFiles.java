package dev.rollcall.lb.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import picocli.AutoComplete;
import picocli.CommandLine;

/**
 * Writes, while the packages are built, what they have besides the program: the man page and bash's
 * completion, both from the commands and options that {@code --help} shows.
 */
public final class CommandLineFiles {
  /** RFC 1952, 2.3: the byte that tells how hard the compressor tried. */
  private static final int EXTRA_FLAGS = 8;

  private static final byte SLOWEST = 2;

  private CommandLineFiles() {}

  /**
   * Writes both.
   *
   * @param arguments the version, and the directory that stands for {@code /usr}
   */
  public static void main(String[] arguments) throws IOException {
    String version = arguments[0];
    Path share = Path.of(arguments[1], "share");
    Path completions = Files.createDirectories(share.resolve("bash-completion/completions"));
    Path man = Files.createDirectories(share.resolve("man/man1"));
    CommandLine command = new RootCommand(Map.of(), System.out, System.err).commandLine();
    Files.writeString(completions.resolve("lb-renderer"), completion(command));
    writeCompressed(
        man.resolve("lb-renderer.1.gz"), new ManPage(command.getCommandSpec(), version).text());
  }

  /** Without the line that makes it an executable: bash reads it, nobody runs it. */
  private static String completion(CommandLine command) {
    String script = AutoComplete.bash(command.getCommandName(), command);
    return script.startsWith("#!") ? script.substring(script.indexOf('\n') + 1) : script;
  }

  /**
   * As Debian wants man pages: compressed as far as it goes, which the header tells, and without a
   * time.
   */
  private static void writeCompressed(Path file, String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new BestGzip(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    byte[] compressed = bytes.toByteArray();
    compressed[EXTRA_FLAGS] = SLOWEST;
    Files.write(file, compressed);
  }

  private static final class BestGzip extends GZIPOutputStream {
    BestGzip(OutputStream out) throws IOException {
      super(out);
      def.setLevel(Deflater.BEST_COMPRESSION);
    }
  }
}
