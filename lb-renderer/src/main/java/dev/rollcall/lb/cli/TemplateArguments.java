package dev.rollcall.lb.cli;

import dev.rollcall.lb.template.BuiltInTemplate;
import dev.rollcall.lb.template.TemplateFile;
import dev.rollcall.lb.template.TemplateSource;
import dev.rollcall.lb.template.TemplateSources;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the values of {@code --template} mean.
 *
 * @param sources where the templates come from
 * @param target what the first is rendered to, if it says so
 */
record TemplateArguments(TemplateSources sources, Optional<Path> target) {
  private static final String OPTION = "--template";

  private record Pair(TemplateSource in, Optional<Path> out) {
    /** Parts at the last colon, so that a path with colons can be given as {@code a:b:}. */
    static Pair of(String value) throws ExitException {
      int colon = value.lastIndexOf(':');
      String in = colon < 0 ? value : value.substring(0, colon);
      String out = colon < 0 ? "" : value.substring(colon + 1);
      return new Pair(
          in.isBlank() ? new BuiltInTemplate() : new TemplateFile(RunSettings.path(OPTION, in)),
          out.isBlank()
              ? Optional.empty()
              : Optional.of(RenderInput.absolute(RunSettings.path(OPTION, out))));
    }
  }

  static TemplateArguments of(List<String> values) throws ExitException {
    List<String> given = values.stream().filter(RunSettings::given).toList();
    if (given.isEmpty()) {
      return new TemplateArguments(TemplateSources.only(new BuiltInTemplate()), Optional.empty());
    }
    Pair main = Pair.of(given.get(0));
    Map<Path, TemplateSource> others = new TreeMap<>();
    for (String value : given.subList(1, given.size())) {
      Pair pair = Pair.of(value);
      Path out =
          pair.out()
              .orElseThrow(
                  () ->
                      RunSettings.usage(
                          OPTION
                              + " "
                              + value
                              + " is not the first: name the file that it is for, as IN:OUT"));
      if (others.put(out, pair.in()) != null) {
        throw RunSettings.usage(
            OPTION + ": two of them write " + out + ": give each a file of its own");
      }
    }
    return new TemplateArguments(new TemplateSources(main.in(), others), main.out());
  }
}
