package dev.rollcall.lb.pipeline;

import dev.rollcall.lb.template.Environment;
import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.TemplateException;
import dev.rollcall.lb.template.TemplateSources;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The templates as they were last found good, all of them. They are looked at by their times and
 * sizes rather than by notifications, which don't get through every bind mount. Used by one thread.
 */
public final class LiveTemplate {
  private final TemplateSources sources;
  private final Environment environment;
  private String stamp;
  private List<String> texts;
  private HaproxyTemplate current;
  private @Nullable String problem;

  /**
   * Reads the templates.
   *
   * @throws TemplateException if one can't be used
   */
  public LiveTemplate(TemplateSources sources, Environment environment) throws TemplateException {
    this.sources = sources;
    this.environment = environment;
    this.stamp = sources.stamp();
    this.texts = sources.read();
    this.current = sources.compile(texts, environment);
  }

  /** What messages call them. */
  public String name() {
    return sources.name();
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
   * Reads the templates again if a file of theirs was touched, and returns whether there is
   * something new to tell.
   */
  boolean refresh() {
    String now = sources.stamp();
    if (now.equals(stamp)) {
      return false;
    }
    stamp = now;
    return reread();
  }

  /** Reads the templates again, and returns whether there is something to tell. */
  boolean reread() {
    String before = problem;
    try {
      List<String> changed = sources.read();
      boolean news = !changed.equals(texts);
      if (news) {
        current = sources.compile(changed, environment);
        texts = changed;
      }
      problem = null;
      return news || before != null;
    } catch (TemplateException e) {
      problem = e.getMessage();
      return true;
    }
  }
}
