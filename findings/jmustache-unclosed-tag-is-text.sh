#!/usr/bin/env bash
# JMustache renders a tag that is not closed as text, braces included, without an error.
#
# Guess:   "{{n}" or "{{n" fails when the template is compiled, as a section that is not closed does.
# Happens: the tag comes out as it stands, also in front of other tags that are rendered as ever. Only of a section ("{{#n}}") JMustache says that its end is missing; a
#          comment without an end takes the rest of the template with it.
# Seen:    JMustache 1.16 (Maven com.samskivert:jmustache). Source: its manual, which says nothing of it; the Mustache specification leaves it open.
# Matters: a slip of one key in a template for a proxy goes into the proxy's configuration, where "{{n}" may even be valid, as in a format for logs or in a header.
#          Look for braces in what was rendered before it is used.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
fetch_maven com.samskivert jmustache 1.16
cat >Tags.java <<'JAVA'
import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.MustacheException;
import java.util.Map;

class Tags {
  public static void main(String[] templates) {
    for (String template : templates) {
      try {
        System.out.println(Mustache.compiler().compile(template).execute(Map.of("n", "web", "m", "5")));
      } catch (MustacheException e) {
        System.out.println(e.getMessage());
      }
    }
  }
}
JAVA
java -cp 'jars/*' Tags.java 'server {{n}} weight {{m}}' 'server {{n} weight {{m}}' 'server {{n' '{{#n}}server' 'server {{! a comment } weight {{m}}' >seen
expect "closed" "$(sed -n 1p seen)" "server web weight 5"
expect "a brace is missing" "$(sed -n 2p seen)" "server {{n} weight 5"
expect "two braces are missing" "$(sed -n 3p seen)" "server {{n"
expect "a section without its end" "$(sed -n 4p seen)" "Section missing close tag 'n' @ line 1"
expect "a comment without its end" "$(sed -n 5p seen)" "server "
