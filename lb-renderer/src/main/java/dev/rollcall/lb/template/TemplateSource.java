package dev.rollcall.lb.template;

/** Where a template's text comes from. Implementations are thread-safe. */
public interface TemplateSource {
  /** What messages call the template: its file, or {@code (built-in)}. */
  String name();

  /**
   * The text as it is now, line ends as LF.
   *
   * @throws TemplateException if it is absent, unreadable, empty, too large or no UTF-8
   */
  String read() throws TemplateException;

  /** Something that differs from what it was if the text may have changed; cheap. */
  String stamp();
}
