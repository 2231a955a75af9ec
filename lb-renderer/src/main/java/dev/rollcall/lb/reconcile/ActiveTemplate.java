package dev.rollcall.lb.reconcile;

import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.HaproxyTemplate.LocalNetwork;
import dev.rollcall.lb.template.TemplateEnvironment;
import dev.rollcall.lb.template.TemplateException;
import dev.rollcall.lb.template.TemplateSources;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The templates as they were last found good, all of them. They are looked at by their times and
 * sizes rather than by notifications, which don't get through every bind mount. When HAProxy
 * refuses what an edited one gives, the one before it is used, and the refused one is retried with
 * exponential back-off. Used by one thread.
 */
public final class ActiveTemplate {
  private final TemplateSources sources;
  private final TemplateEnvironment environment;
  private final LocalNetwork machine;
  private String stamp;
  private List<String> texts;
  private HaproxyTemplate current;
  private @Nullable String readProblem;

  /** The last one whose configuration HAProxy accepted. */
  private @Nullable HaproxyTemplate proven;

  /** The one in the file, while HAProxy refuses it and the proven one is in use. */
  private @Nullable HaproxyTemplate rejected;

  private @Nullable String rejection;
  private final RetryTimer retry = new RetryTimer();

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
    return Optional.ofNullable(readProblem == null ? rejection : readProblem);
  }

  /** HAProxy accepted what a template gave. Returns whether that ends a {@link #problem()}. */
  boolean accepted(HaproxyTemplate template) {
    proven = template;
    if (rejected != null || rejection == null) {
      return false;
    }
    rejection = null;
    retry.reset();
    return true;
  }

  /**
   * Goes back to the template whose configuration HAProxy accepted last, as what the current one
   * gives can't be used. Returns whether there is another one.
   *
   * @param why a sentence for people
   */
  boolean rollBack(String why, Duration now, RandomGenerator random) {
    if (proven == null || proven == current) {
      return false;
    }
    rejected = current;
    rejection = why;
    current = proven;
    retry.failed(now, random);
    return true;
  }

  /** Puts a template that was refused in use again if it is time for that; returns whether. */
  boolean retryRejected(Duration now) {
    if (rejected == null || retry.isPending(now)) {
      return false;
    }
    current = rejected;
    rejected = null;
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
    String before = readProblem;
    try {
      List<String> read = sources.read();
      boolean changed = !read.equals(texts) || rejected != null;
      if (changed) {
        current = sources.compile(read, environment).with(machine);
        texts = read;
        rejected = null;
        rejection = null;
        retry.reset();
      }
      readProblem = null;
      return changed || before != null;
    } catch (TemplateException e) {
      readProblem = e.getMessage();
      return true;
    }
  }
}
