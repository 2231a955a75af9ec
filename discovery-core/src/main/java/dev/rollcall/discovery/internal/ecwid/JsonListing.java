package dev.rollcall.discovery.internal.ecwid;

import com.google.gson.JsonParseException;

/**
 * Goes through a JSON list and tells where each element is, without reading it. Looks no deeper
 * than it must: an element that is no JSON shows when it is read.
 */
final class JsonListing {

  private final Body body;
  private int at;
  private boolean first = true;

  /**
   * Begins at the first element.
   *
   * @throws JsonParseException if it is not a list at all
   */
  JsonListing(Body body) {
    this.body = body;
    skipSpace();
    if (next() != '[') {
      throw new JsonParseException("a JSON list was expected");
    }
    at++;
  }

  /**
   * How many elements a list has.
   *
   * @throws JsonParseException if it is no list
   */
  static int count(Body body) {
    JsonListing listing = new JsonListing(body);
    int count = 0;
    for (; listing.advance(); count++) {
      listing.skip();
    }
    return count;
  }

  /**
   * Goes to where the next element begins; false if there is none.
   *
   * @throws JsonParseException if something else is there
   */
  boolean advance() {
    skipSpace();
    boolean end = next() == ']';
    if (end) {
      at++;
      skipSpace();
      if (at < body.length()) {
        throw wrong();
      }
      return false;
    }
    if (!first) {
      if (next() != ',') {
        throw wrong();
      }
      at++;
      skipSpace();
    }
    first = false;
    return true;
  }

  /** Where it is. */
  int at() {
    return at;
  }

  /** Goes past an element that is known to end there. */
  void skipTo(int end) {
    at = end;
  }

  /**
   * Goes past the element that begins here.
   *
   * @throws JsonParseException if it has no end
   */
  void skip() {
    int depth = 0;
    do {
      int next = next();
      if (next == '"') {
        skipText();
      } else {
        if (next == '{' || next == '[') {
          depth++;
        } else if (next == '}' || next == ']') {
          depth--;
        }
        at++;
      }
    } while (depth > 0 || isWord());
  }

  private boolean isWord() {
    int next = next();
    return next != ',' && next != ']' && next > ' ';
  }

  private void skipText() {
    at++;
    while (next() != '"') {
      at += next() == '\\' ? 2 : 1;
    }
    at++;
  }

  private void skipSpace() {
    while (at < body.length() && isSpace(body.at(at))) {
      at++;
    }
  }

  private static boolean isSpace(byte each) {
    return each == ' ' || each == '\n' || each == '\r' || each == '\t';
  }

  private int next() {
    if (at >= body.length()) {
      throw new JsonParseException("it ends too early");
    }
    return body.at(at) & 0xff;
  }

  private JsonParseException wrong() {
    return new JsonParseException("no JSON list: see byte " + at);
  }
}
