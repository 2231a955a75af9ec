package dev.rollcall.lb.template;

import java.io.Serial;

/**
 * A template that can't be read, checked or rendered. The message is one line that names the
 * template, the place and what to do.
 */
public final class TemplateException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  /**
   * About the template as a whole.
   *
   * @param template the template's file, or what it is called if it has none
   * @param what what is wrong, and what to do
   */
  public TemplateException(String template, String what) {
    super("template " + template + ": " + what);
  }

  /** About one place of the template, told as FILE:LINE:COLUMN. */
  TemplateException(String template, TagScanner.Position at, String what) {
    super("template " + template + ":" + at.line() + ":" + at.column() + ": " + what);
  }
}
