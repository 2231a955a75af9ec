package dev.rollcall.lb.pipeline;

import dev.rollcall.lb.template.Environment;
import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.TemplateException;
import dev.rollcall.lb.template.TemplateSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The template as it was last found good. It is looked at by its time and size rather than by
 * notifications, which don't get through every bind mount. Used by one thread.
 */
public final class LiveTemplate {
  private final TemplateSource source;
  private final Environment environment;
  private String stamp;
  private String text;
  private HaproxyTemplate current;
  private @Nullable String problem;

  /**
   * Reads the template.
   *
   * @throws TemplateException if it can't be used
   */
  public LiveTemplate(TemplateSource source, Environment environment) throws TemplateException {
    this.source = source;
    this.environment = environment;
    this.stamp = source.stamp();
    this.text = source.read();
    this.current = HaproxyTemplate.compile(source.name(), text, environment);
  }

  /** What messages call it. */
  public String name() {
    return source.name();
  }

  /** The template to use. */
  public HaproxyTemplate current() {
    return current;
  }

  /** Why what is in the file now is not in use; empty if it is. */
  public Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  /**
   * Reads the template again if its file was touched, and returns whether there is something new to
   * tell.
   */
  boolean refresh() {
    String now = source.stamp();
    if (now.equals(stamp)) {
      return false;
    }
    stamp = now;
    return reread();
  }

  /** Reads the template again, and returns whether there is something to tell. */
  boolean reread() {
    String before = problem;
    try {
      String changed = source.read();
      boolean news = !changed.equals(text);
      if (news) {
        current = HaproxyTemplate.compile(source.name(), changed, environment);
        text = changed;
      }
      problem = null;
      return news || before != null;
    } catch (TemplateException e) {
      problem = e.getMessage();
      return true;
    }
  }
}
