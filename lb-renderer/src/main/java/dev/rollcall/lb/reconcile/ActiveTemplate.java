package dev.rollcall.lb.reconcile;

import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.LocalNetwork;
import dev.rollcall.lb.template.TemplateEnvironment;
import dev.rollcall.lb.template.TemplateException;
import dev.rollcall.lb.template.TemplateSources;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The templates as they were last found good, all of them. They are looked at by their times and
 * sizes rather than by notifications, which don't get through every bind mount. When HAProxy
 * refuses what an edited one gives, the one before it serves on, and the refused one is tried again
 * now and then. Used by one thread.
 */
public final class ActiveTemplate {
  private final TemplateSources sources;
  private final TemplateEnvironment environment;
  private final LocalNetwork machine;
  private String stamp;
  private List<String> texts;
  private HaproxyTemplate current;
  private @Nullable String problem;

  /** The last one whose configuration HAProxy took. */
  private @Nullable HaproxyTemplate proven;

  /** The one in the file, while HAProxy refuses it and the proven one is in use. */
  private @Nullable HaproxyTemplate refused;

  private @Nullable String refusal;

  /**
   * Reads the templates.
   *
   * @param machine what is known of HAProxy's machine
   * @throws TemplateException if one can't be used
   */
  public ActiveTemplate(
      TemplateSources sources, TemplateEnvironment environment, LocalNetwork machine)
      throws TemplateException {
    this.sources = sources;
    this.environment = environment;
    this.machine = machine;
    this.stamp = sources.stamp();
    this.texts = sources.read();
    this.current = sources.compile(texts, environment).with(machine);
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
    return Optional.ofNullable(problem == null ? refusal : problem);
  }

  /**
   * Takes note that HAProxy took what a template gave. Returns whether that ends a {@link
   * #problem()}.
   */
  boolean accepted(HaproxyTemplate template) {
    proven = template;
    boolean ends = refused == null && refusal != null;
    if (ends) {
      refusal = null;
    }
    return ends;
  }

  /**
   * Goes back to the template whose configuration HAProxy took last, as what the current one gives
   * can't be used. Returns whether there is another one.
   *
   * @param why a sentence for people
   */
  boolean rollBack(String why) {
    if (proven == null || proven == current) {
      return false;
    }
    refused = current;
    refusal = why;
    current = proven;
    return true;
  }

  /** Gives the template that HAProxy refused another try. Returns whether there is one. */
  boolean retryRejected() {
    if (refused == null) {
      return false;
    }
    current = refused;
    refused = null;
    return true;
  }

  /**
   * Reads the templates again if a file of theirs was touched, and returns whether there is
   * something new to tell.
   */
  boolean reloadIfTouched() {
    String now = sources.stamp();
    if (now.equals(stamp)) {
      return false;
    }
    stamp = now;
    return reload();
  }

  /** Reads the templates again, and returns whether there is something to tell. */
  boolean reload() {
    String before = problem;
    try {
      List<String> changed = sources.read();
      boolean news = !changed.equals(texts) || refused != null;
      if (news) {
        current = sources.compile(changed, environment).with(machine);
        texts = changed;
        refused = null;
        refusal = null;
      }
      problem = null;
      return news || before != null;
    } catch (TemplateException e) {
      problem = e.getMessage();
      return true;
    }
  }
}
