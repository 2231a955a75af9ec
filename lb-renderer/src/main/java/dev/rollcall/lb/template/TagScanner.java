package dev.rollcall.lb.template;

import dev.rollcall.lb.config.PrintableText;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Finds the tags of a template, with their places.
 *
 * <p>JMustache knows lines only, takes an unclosed tag for text, and throws index errors at an
 * empty one. So the tags are found here first, and whatever the two might read differently is
 * refused.
 */
final class TagScanner {
  private static final String OPEN = "{{";
  private static final String CLOSE = "}}";

  /** A pool's name may say a port and a datacenter or peer. */
  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9_.-]+|services\\.[A-Za-z0-9_.:@-]+");

  /**
   * A name that asks for a tag, which may be that of another tool, such as {@code
   * traefik.enable=true}: asking writes nothing. JMustache reads braces in its own way.
   */
  private static final Pattern TAGGED =
      Pattern.compile("(?:services\\.[A-Za-z0-9_.:@-]+\\.(?:un)?)?tagged\\.[^{}\\p{Cntrl}]+");

  /** A place in a template's text, counted from 1; columns in UTF-16 units. */
  record Position(int line, int column) {
    @Override
    public String toString() {
      return "line " + line + ", column " + column;
    }
  }

  /**
   * One tag of a template.
   *
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

  private final String template;
  private final String text;
  private final List<Tag> tags = new ArrayList<>();
  private int line = 1;
  private int lineStart;
  private int counted;

  private TagScanner(String template, String text) {
    this.template = template;
    this.text = text;
  }

  /**
   * The tags of a text in their order, comments left out.
   *
   * @param template what errors call the template
   * @throws TemplateException at a tag that isn't closed, has no name, or is of a kind that isn't
   *     supported
   */
  static List<Tag> scan(String template, String text) throws TemplateException {
    TagScanner scanner = new TagScanner(template, text);
    int at = text.indexOf(OPEN);
    while (at >= 0) {
      at = text.indexOf(OPEN, scanner.tag(at));
    }
    return List.copyOf(scanner.tags);
  }

  /** Reads the tag whose first brace is at the index, and returns the index after its last. */
  private int tag(int start) throws TemplateException {
    Position at = position(start);
    boolean triple = text.startsWith("{", start + OPEN.length());
    int from = start + OPEN.length() + (triple ? 1 : 0);
    String close = triple ? "}}}" : CLOSE;
    int end = text.indexOf(close, from);
    if (end < 0) {
      throw wrong(at, "the tag that begins here is not closed: end it with " + close);
    }
    String content = text.substring(from, end);
    if (triple || !content.startsWith("!")) {
      tags.add(read(content, triple, at));
    }
    return end + close.length();
  }

  private Tag read(String content, boolean triple, Position at) throws TemplateException {
    if (content.indexOf('\n') >= 0) {
      throw wrong(at, "the tag that begins here is not closed on its line: end it with }}");
    }
    String tag = content.trim();
    if (tag.isEmpty()) {
      throw wrong(at, "the tag is empty: name a value in it");
    }
    Tag.Kind kind =
        switch (triple ? ' ' : tag.charAt(0)) {
          case '#' -> Tag.Kind.SECTION;
          case '^' -> Tag.Kind.INVERTED;
          case '/' -> Tag.Kind.CLOSE;
          case '>', '<', '$' ->
              throw wrong(at, "partials and blocks are not supported: write their text here");
          case '!' -> throw wrong(at, "a comment begins with {{! without a space between");
          case '=' -> throw wrong(at, "other delimiters are not supported: write tags as {{name}}");
          default -> Tag.Kind.VARIABLE;
        };
    boolean prefixed = kind != Tag.Kind.VARIABLE || (!triple && tag.charAt(0) == '&');
    String name = prefixed ? tag.substring(1).trim() : tag;
    if (!NAME.matcher(name).matches() && !TAGGED.matcher(name).matches()) {
      throw wrong(
          at,
          "'%s' is no name: names are made of letters, digits and _ - . as in {{address}} or {{#services.web}}; behind tagged. anything may stand but braces"
              .formatted(PrintableText.of(name)));
    }
    return new Tag(kind, name, at);
  }

  private TemplateException wrong(Position at, String what) {
    return new TemplateException(template, at, what);
  }

  private Position position(int index) {
    for (int i = counted; i < index; i++) {
      if (text.charAt(i) == '\n') {
        line++;
        lineStart = i + 1;
      }
    }
    counted = index;
    return new Position(line, index - lineStart + 1);
  }
}
