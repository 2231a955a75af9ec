#!/usr/bin/env bash
# JMustache renders a section for an empty Optional, and prints a full one as "Optional[x]".
#
# Guess:   an empty Optional is false and a full one stands for its value, as a list of none or one does in JMustache.
# Happens: an Optional is an object like any other: {{#x}} renders for the empty one, {{^x}} does not, {{x}} prints toString(). No error says so.
# Seen:    JMustache 1.16 (Maven com.samskivert:jmustache). Source: its manual, "Sections".
# Matters: a template for a proxy that says "weight {{weight}}" only {{#weight}} writes "weight Optional.empty" for instances without; accessors of Java records
#          that are passed as context return Optional more and more. Pass null, a list or a plain value instead.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
fetch_maven com.samskivert jmustache 1.16
cat >Sections.java <<'JAVA'
import com.samskivert.mustache.Mustache;
import java.util.List;
import java.util.Optional;

class Sections {
  record Server(Object weight) {}

  public static void main(String[] none) {
    var template = Mustache.compiler().escapeHTML(false).compile("{{#weight}}weight {{.}}{{/weight}}{{^weight}}no weight{{/weight}}");
    for (Object weight : new Object[] {Optional.of(5), Optional.empty(), List.of(5), List.of()}) System.out.println(template.execute(new Server(weight)));
  }
}
JAVA
java -cp 'jars/*' Sections.java >seen
expect "Optional.of(5)" "$(sed -n 1p seen)" "weight Optional[5]"
expect "Optional.empty()" "$(sed -n 2p seen)" "weight Optional.empty"
expect "List.of(5)" "$(sed -n 3p seen)" "weight 5"
expect "List.of()" "$(sed -n 4p seen)" "no weight"
