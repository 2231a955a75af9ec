package dev.rollcall.lb.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** The version of the jar that this comes from. */
final class Version implements IVersionProvider {
  static String number() {
    return Objects.requireNonNullElse(
        Version.class.getPackage().getImplementationVersion(), "development");
  }

  @Override
  public String[] getVersion() {
    return new String[] {"lb-renderer " + number()};
  }
}
