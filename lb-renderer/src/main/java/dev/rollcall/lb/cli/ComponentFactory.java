package dev.rollcall.lb.cli;

import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.config.ConfigFileException;
import dev.rollcall.lb.haproxy.AttachedHaproxy;
import dev.rollcall.lb.haproxy.ChildHaproxy;
import dev.rollcall.lb.haproxy.FileOnlyHaproxy;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.HaproxyBinary;
import dev.rollcall.lb.haproxy.HaproxyUnavailableException;
import dev.rollcall.lb.reconcile.ActiveTemplate;
import dev.rollcall.lb.template.TemplateException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** Opens what the options name, and says in one line what can't be. */
final class ComponentFactory {
  private ComponentFactory() {}

  static ActiveTemplate template(RenderInput input) throws ExitException {
    try {
      return new ActiveTemplate(input.templates(), input.templateEnvironment(), input.machine());
    } catch (TemplateException e) {
      throw new ExitException(ExitCode.TEMPLATE, String.valueOf(e.getMessage()));
    }
  }

  /** The output, of which nothing is written yet; nor is anything of the files beside it. */
  static ConfigFile output(Path path, RenderInput input) throws ExitException {
    for (Path auxiliary : input.templates().others().keySet()) {
      checkWritable(auxiliary);
    }
    Path output = path.toAbsolutePath();
    checkWritable(output);
    return new ConfigFile(output);
  }

  private static void checkWritable(Path output) throws ExitException {
    Path directory = output.getParent();
    if (directory == null || Files.isDirectory(output)) {
      throw unwritable(output, "is a directory: name a file in it");
    }
    if (!Files.isDirectory(directory)) {
      throw unwritable(output, "has no directory: create " + directory + " or name another file");
    }
    try {
      // Tried rather than asked: permissions alone don't tell for root, nor for odd file systems.
      if (Files.exists(output)) {
        Files.newByteChannel(output, StandardOpenOption.WRITE).close();
      } else {
        Files.delete(Files.createTempFile(directory, "." + output.getFileName(), ".probe"));
      }
    } catch (IOException e) {
      throw unwritable(
          output,
          "can't be written: let the user that runs lb-renderer write it, or name another file");
    }
  }

  private static ExitException unwritable(Path output, String why) {
    return new ExitException(ExitCode.OUTPUT, "output " + output + ": " + why);
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

  /**
   * The HAProxy to keep in step: attached, a child that is started by its first configuration, or
   * none.
   */
  static Haproxy haproxy(RunOptions options, Path output) throws ExitException {
    Optional<Path> masterSocket = options.masterSocket();
    Optional<Path> program = options.haproxy();
    try {
      if (masterSocket.isPresent()) {
        return AttachedHaproxy.attach(masterSocket.get(), options.reloadTimeout);
      }
      return program.isPresent()
          ? ChildHaproxy.create(
              binary(program.get()).withCheckTimeout(options.checkTimeout),
              output,
              options.reloadTimeout)
          : new FileOnlyHaproxy();
    } catch (HaproxyUnavailableException e) {
      throw unavailable(e);
    }
  }

  /** The HAProxy of a single run: a program checks the configuration, and is not started. */
  static Haproxy oneTimeHaproxy(RunOptions options, Path output) throws ExitException {
    Optional<Path> program = options.haproxy();
    return program.isPresent()
        ? new FileOnlyHaproxy(binary(program.get()).withCheckTimeout(options.checkTimeout))
        : haproxy(options, output);
  }

  /** A program that can be run. */
  static HaproxyBinary binary(Path path) throws ExitException {
    try {
      return HaproxyBinary.at(path);
    } catch (HaproxyUnavailableException e) {
      throw unavailable(e);
    }
  }

  private static ExitException unavailable(HaproxyUnavailableException e) {
    return new ExitException(ExitCode.HAPROXY, String.valueOf(e.getMessage()));
  }
}
