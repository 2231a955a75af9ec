package dev.rollcall.lb.cli;

import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.haproxy.AttachedHaproxy;
import dev.rollcall.lb.haproxy.ChildHaproxy;
import dev.rollcall.lb.haproxy.FileOnly;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.HaproxyBinary;
import dev.rollcall.lb.haproxy.HaproxyUnavailableException;
import dev.rollcall.lb.pipeline.LiveTemplate;
import dev.rollcall.lb.template.TemplateException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens what the settings name, and says in one line what can't be. */
final class Opening {
  private Opening() {}

  static LiveTemplate template(Settings settings) throws Exit {
    try {
      return new LiveTemplate(settings.template(), settings.environment());
    } catch (TemplateException e) {
      throw new Exit(ExitCode.TEMPLATE, String.valueOf(e.getMessage()));
    }
  }

  /** The output, of which nothing is written yet. */
  static ConfigFile output(Settings settings) throws Exit {
    Path output = settings.output().toAbsolutePath();
    Path directory = output.getParent();
    if (directory == null || Files.isDirectory(output)) {
      throw unwritable(output, "is a directory: name a file in it");
    }
    if (!Files.isDirectory(directory)) {
      throw unwritable(
          output, "has no directory: create " + directory + " or name another file with --output");
    }
    boolean writable =
        Files.exists(output) ? Files.isWritable(output) : Files.isWritable(directory);
    if (!writable) {
      throw unwritable(
          output,
          "can't be written: let the user that runs lb-renderer write it, or name another file with --output");
    }
    return new ConfigFile(output);
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
        return AttachedHaproxy.at(settings.masterSocket().get());
      }
      if (settings.haproxy().isPresent()) {
        return ChildHaproxy.of(HaproxyBinary.at(settings.haproxy().get()), settings.output());
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
    try {
      return settings.haproxy().isPresent()
          ? new FileOnly(HaproxyBinary.at(settings.haproxy().get()))
          : haproxy(settings);
    } catch (HaproxyUnavailableException e) {
      throw unavailable(e);
    }
  }

  private static Exit unavailable(HaproxyUnavailableException e) {
    return new Exit(ExitCode.HAPROXY, String.valueOf(e.getMessage()));
  }
}
