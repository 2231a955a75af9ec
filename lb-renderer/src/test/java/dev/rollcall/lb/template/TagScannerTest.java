package dev.rollcall.lb.template;

import static org.assertj.core.api.Assertions.assertThat;

import com.samskivert.mustache.Mustache;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is checked must be what is rendered: the scanner and JMustache read a template alike. */
class TagScannerTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{ } {a} }} % { path /metrics }",
        "{{a}}{{ b }}{{{c}}}{{& d }}{{&e}}{{{ f }}}",
        "{{#a}}{{^b}}{{c}}{{/b}}{{/a}}",
        "{{# a }}\n  {{^ b }}\n{{/ b }}{{/ a }}",
        "{{! a {{b} comment }}}{{a}}",
        "{{!\n two\n lines }}\n{{a.b-c_d.E9}}",
        "x{{a}}}{{b}}",
        "{{#a}}}{{/a}}",
        "{{#tagged.a=b}}{{^tagged./x y}}{{/tagged./x y}}{{/tagged.a=b}}",
        "{{#services.web.tagged.r=Host(`a`) && \"b\"}}x{{/services.web.tagged.r=Host(`a`) &&"
            + " \"b\"}}",
        "{\u2028{{a}}é{{b}}"
      })
  void findsTheSameTagsAsJmustache(String text) throws TemplateException {
    List<String> theirs = new ArrayList<>();
    Mustache.compiler().compile(text).visit(new Recorder(theirs));
    List<String> ours =
        TagScanner.scan("t", text).stream()
            .filter(tag -> tag.kind() != TagScanner.Tag.Kind.CLOSE)
            .map(tag -> tag.kind() + " " + tag.name())
            .toList();
    assertThat(ours).isEqualTo(theirs);
  }

  private record Recorder(List<String> tags) implements Mustache.Visitor {
    @Override
    public void visitText(String text) {}

    @Override
    public void visitVariable(String name) {
      tags.add("VARIABLE " + name);
    }

    @Override
    public boolean visitInclude(String name) {
      throw new AssertionError(name);
    }

    @Override
    public boolean visitSection(String name) {
      return tags.add("SECTION " + name);
    }

    @Override
    public boolean visitInvertedSection(String name) {
      return tags.add("INVERTED " + name);
    }
  }
}
