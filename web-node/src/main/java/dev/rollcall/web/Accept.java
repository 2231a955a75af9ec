package dev.rollcall.web;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The media types that a client takes, as its {@code Accept} header says (RFC 9110, section
 * 12.5.1). What cannot be parsed is left out rather than refused: the header is a wish. Immutable.
 */
final class Accept {

  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  private static final Pattern RANGE = Pattern.compile("(" + TOKEN + ")/(" + TOKEN + ")");
  private static final Pattern WEIGHT = Pattern.compile("0(\\.[0-9]{0,3})?|1(\\.0{0,3})?");

  private record Range(String type, String subtype, double weight) {

    int specificity(String wantedType, String wantedSubtype) {
      if (type.equals(wantedType) && subtype.equals(wantedSubtype)) {
        return 3;
      }
      if (subtype.equals("*")) {
        return type.equals(wantedType) ? 2 : type.equals("*") ? 1 : 0;
      }
      return 0;
    }
  }

  private final List<Range> ranges;

  private Accept(List<Range> ranges) {
    this.ranges = ranges;
  }

  /** Parses the header's value; several headers may be joined by commas. */
  static Accept parse(String header) {
    List<Range> ranges = new ArrayList<>();
    for (String element : split(header, ',')) {
      List<String> parts = split(element, ';');
      Matcher range = RANGE.matcher(parts.get(0).strip().toLowerCase(Locale.ROOT));
      double weight = weight(parts.subList(1, parts.size()));
      if (range.matches() && weight >= 0) {
        ranges.add(new Range(range.group(1), range.group(2), weight));
      }
    }
    return new Accept(List.copyOf(ranges));
  }

  /**
   * Whether HTML is wanted more than plain text. A client that likes both the same, as curl does
   * with {@code *}{@code /*}, gets plain text.
   */
  boolean prefersHtml() {
    return weight("text", "html") > weight("text", "plain");
  }

  /** The weight of the most specific range that covers the type; 0 where none does. */
  private double weight(String type, String subtype) {
    int most = 0;
    double weight = 0;
    for (Range range : ranges) {
      int specificity = range.specificity(type, subtype);
      if (specificity > most || (specificity == most && specificity > 0 && range.weight > weight)) {
        most = specificity;
        weight = range.weight;
      }
    }
    return weight;
  }

  /** 1 where no weight is given, -1 where the one given cannot be read. */
  private static double weight(List<String> parameters) {
    for (String parameter : parameters) {
      String text = parameter.strip().toLowerCase(Locale.ROOT);
      if (text.startsWith("q=")) {
        String value = text.substring(2);
        return WEIGHT.matcher(value).matches() ? Double.parseDouble(value) : -1;
      }
    }
    return 1;
  }

  /** Splits at the separator, but not within a quoted string. */
  private static List<String> split(String text, char separator) {
    List<String> parts = new ArrayList<>();
    boolean quoted = false;
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted && c == '\\') {
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == separator && !quoted) {
        parts.add(text.substring(from, i));
        from = i + 1;
      }
    }
    parts.add(text.substring(from));
    return parts;
  }
}
