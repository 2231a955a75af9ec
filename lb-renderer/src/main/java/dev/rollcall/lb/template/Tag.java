package dev.rollcall.lb.template;

/**
 * One tag of a template.
 *
 * @param kind what it does
 * @param name what it names, never empty
 * @param at where its first brace stands
 */
record Tag(Kind kind, String name, Position at) {
  /** What a tag does. */
  enum Kind {
    /** <code>{{name}}</code> and its unescaped spellings: the value is written. */
    VARIABLE,
    /** <code>{{#name}}</code>: once per element, or once if the value is there. */
    SECTION,
    /** <code>{{^name}}</code>: if the list is empty or the value is not there. */
    INVERTED,
    /** <code>{{/name}}</code> */
    CLOSE
  }
}
