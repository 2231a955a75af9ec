package dev.rollcall.lb.template;

import com.samskivert.mustache.Template;

/** What the names of a template mean at one place of it. */
@FunctionalInterface
interface MustacheContext {
  /**
   * The meaning of a name that this scope doesn't know: JMustache then asks the scope around it.
   */
  Object UNKNOWN = Template.NO_FETCHER_FOUND;

  /** A {@link Value}, a list of values or scopes, or {@link #UNKNOWN}; never null. */
  Object get(String name);
}
