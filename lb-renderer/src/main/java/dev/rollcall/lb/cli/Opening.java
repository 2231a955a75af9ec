package dev.rollcall.lb.cli;

import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.config.ConfigFileException;
import dev.rollcall.lb.haproxy.AttachedHaproxy;
import dev.rollcall.lb.haproxy.ChildHaproxy;
import dev.rollcall.lb.haproxy.FileOnly;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.HaproxyBinary;
import dev.rollcall.lb.haproxy.HaproxyUnavailableException;
import dev.rollcall.lb.pipeline.LiveTemplate;
import dev.rollcall.lb.template.TemplateException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** Opens what the settings name, and says in one line what can't be. */
final class Opening {
  private Opening() {}

  static LiveTemplate template(Input input) throws Exit {
    try {
      return new LiveTemplate(input.templates(), input.environment(), input.machine());
    } catch (TemplateException e) {
      throw new Exit(ExitCode.TEMPLATE, String.valueOf(e.getMessage()));
    }
  }

  /** The output, of which nothing is written yet; nor is anything of the files beside it. */
  static ConfigFile output(Settings settings) throws Exit {
    for (Path beside : settings.input().templates().others().keySet()) {
      output(beside);
    }
    return output(settings.output());
  }

  private static ConfigFile output(Path path) throws Exit {
    Path output = path.toAbsolutePath();
    Path directory = output.getParent();
    if (directory == null || Files.isDirectory(output)) {
      throw unwritable(output, "is a directory: name a file in it");
    }
    if (!Files.isDirectory(directory)) {
      throw unwritable(output, "has no directory: create " + directory + " or name another file");
    }
    if (!writable(output, directory)) {
      throw unwritable(
          output,
          "can't be written: let the user that runs lb-renderer write it, or name another file");
    }
    return new ConfigFile(output);
  }

  /**
   * What HAProxy was last seen to serve from, or else what the file holds; empty if there is
   * neither or it cannot be read: then nothing can be learnt from it.
   */
  static String configuration(ConfigFile output) {
    try {
      Optional<String> good = output.lastKnownGood();
      return (good.isPresent() ? good : output.current()).orElse("");
    } catch (ConfigFileException e) {
      return "";
    }
  }

  /** Tried rather than asked: permissions alone don't tell for root, nor for odd file systems. */
  private static boolean writable(Path output, Path directory) {
    try {
      if (Files.exists(output)) {
        Files.newByteChannel(output, StandardOpenOption.WRITE).close();
      } else {
        Files.delete(Files.createTempFile(directory, "." + output.getFileName(), ".probe"));
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static Exit unwritable(Path output, String why) {
    return new Exit(ExitCode.OUTPUT, "output " + output + ": " + why);
  }

  /**
   * The HAProxy to keep in step: attached, a child that is started by its first configuration, or
   * none.
   */
  static Haproxy haproxy(Settings settings) throws Exit {
    try {
      if (settings.masterSocket().isPresent()) {
        return AttachedHaproxy.at(settings.masterSocket().get(), settings.limits().reload());
      }
      if (settings.haproxy().isPresent()) {
        return ChildHaproxy.of(
            binary(settings.haproxy().get()).checkingWithin(settings.limits().check()),
            settings.output(),
            settings.limits().reload());
      }
      return new FileOnly();
    } catch (HaproxyUnavailableException e) {
      throw unavailable(e);
    }
  }

  /**
   * The HAProxy of a single run: one with a binary judges the configuration, and is not started.
   */
  static Haproxy judge(Settings settings) throws Exit {
    return settings.haproxy().isPresent()
        ? new FileOnly(binary(settings.haproxy().get()).checkingWithin(settings.limits().check()))
        : haproxy(settings);
  }

  /** A program that can be run. */
  static HaproxyBinary binary(Path path) throws Exit {
    try {
      return HaproxyBinary.at(path);
    } catch (HaproxyUnavailableException e) {
      throw unavailable(e);
    }
  }

  private static Exit unavailable(HaproxyUnavailableException e) {
    return new Exit(ExitCode.HAPROXY, String.valueOf(e.getMessage()));
  }
}
