package dev.rollcall.lb.template;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.MustacheException;
import com.samskivert.mustache.Template;
import dev.rollcall.lb.catalog.CatalogView;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A template that was read and found right, and with it those of the files beside the
 * configuration. Immutable and thread-safe.
 */
public final class HaproxyTemplate implements InstanceValidator {
  private static final String ENV = "env.";

  private final String source;
  private final Names.Found names;
  private final Template template;
  private final Environment environment;
  private final Map<Path, HaproxyTemplate> others;
  private final SortedSet<String> services;

  private HaproxyTemplate(
      String source,
      Names.Found names,
      Template template,
      Environment environment,
      Map<Path, HaproxyTemplate> others) {
    this.source = source;
    this.names = names;
    this.template = template;
    this.environment = environment;
    this.others = others;
    SortedSet<String> all = new TreeSet<>(names.services());
    others.values().forEach(other -> all.addAll(other.services));
    services = Collections.unmodifiableSortedSet(all);
  }

  /**
   * Checks a template in full.
   *
   * @param source what errors call the template: its file
   * @param text the template
   * @param environment the variables it may read
   * @throws TemplateException naming the line and column of what is wrong
   */
  public static HaproxyTemplate compile(String source, String text, Environment environment)
      throws TemplateException {
    Names.Found names = Names.check(source, TagScanner.scan(source, text), environment);
    try {
      // Values are judged as they are written, by the formatter: it sees those of {{{name}}} too,
      // which the escaper doesn't.
      Template template =
          Mustache.compiler()
              .escapeHTML(false)
              .strictSections(true)
              .withFormatter(HaproxyTemplate::print)
              .withCollector(new ScopeCollector())
              .compile(text);
      return new HaproxyTemplate(source, names, template, environment, Map.of());
    } catch (MustacheException e) {
      throw new TemplateException(source, String.valueOf(e.getMessage()));
    }
  }

  /**
   * The same, rendered together with the templates of files beside the configuration.
   *
   * @param beside by the path of the file that each is for
   */
  public HaproxyTemplate with(Map<Path, HaproxyTemplate> beside) {
    return new HaproxyTemplate(
        source, names, template, environment, Collections.unmodifiableMap(new TreeMap<>(beside)));
  }

  /**
   * The names of the services that the template names, sorted; what is to be watched, and nothing
   * else.
   */
  public SortedSet<String> services() {
    return services;
  }

  /**
   * Renders the template. The same view gives the same text.
   *
   * @param view what is known of the services; one that it doesn't hold has no instances
   * @throws TemplateException if the text would be larger than 64 Mi characters
   */
  public Rendering render(CatalogView view) throws TemplateException {
    Rendering own = renderOne(view);
    if (others.isEmpty()) {
      return own;
    }
    Map<Path, String> texts = new TreeMap<>();
    // Once for each instance: the reason names the place in one template, in the next another one.
    Map<List<String>, Refusal> refusals = new LinkedHashMap<>();
    own.refusals().forEach(refusal -> refusals.putIfAbsent(instance(refusal), refusal));
    for (Map.Entry<Path, HaproxyTemplate> other : others.entrySet()) {
      Rendering rendering = other.getValue().renderOne(view);
      texts.put(other.getKey(), rendering.text());
      rendering.refusals().forEach(refusal -> refusals.putIfAbsent(instance(refusal), refusal));
    }
    return new Rendering(own.text(), texts, List.copyOf(refusals.values()));
  }

  @Override
  public List<Refusal> refusals(CatalogView view) {
    try {
      return render(view).refusals();
    } catch (TemplateException e) {
      return List.of(); // The rendering itself says so.
    }
  }

  private static List<String> instance(Refusal refusal) {
    return List.of(refusal.service(), refusal.instance(), refusal.node());
  }

  private Rendering renderOne(CatalogView view) throws TemplateException {
    Admission admission = Admission.of(view, this::place);
    List<Refusal> refusals = new ArrayList<>(admission.refusals());
    // An instance that is refused while it is written may have begun a line: render again without
    // it. Each turn has fewer instances than the one before.
    while (true) {
      String text = execute(admission.pools());
      List<Refusal> found =
          admission.pools().values().stream()
              .flatMap(List::stream)
              .flatMap(scope -> scope.refusal().stream())
              .toList();
      if (found.isEmpty()) {
        return new Rendering(text.endsWith("\n") ? text : text + "\n", Map.of(), refusals);
      }
      refusals.addAll(found);
      admission
          .pools()
          .values()
          .forEach(pool -> pool.removeIf(scope -> scope.refusal().isPresent()));
    }
  }

  /** Where a value is first written, as FILE:LINE:COLUMN. */
  private String place(String value) {
    Position at = names.written().get(value);
    return at == null ? source : source + ":" + at.line() + ":" + at.column();
  }

  private String execute(Map<String, List<InstanceScope>> pools) throws TemplateException {
    Scope root =
        name -> {
          if (name.startsWith(Selection.PREFIX)) {
            return Selection.of(name).map(selection -> select(selection, pools)).orElseThrow();
          }
          return name.startsWith(ENV)
              ? Value.trusted(environment.get(name.substring(ENV.length())).orElse(null))
              : Scope.UNKNOWN;
        };
    try {
      BoundedText text = new BoundedText();
      template.execute(root, text);
      return text.toString();
    } catch (MustacheException e) {
      String what = e.getCause() instanceof IOException limit ? limit.getMessage() : e.getMessage();
      throw new TemplateException(source, String.valueOf(what));
    }
  }

  private static Object select(Selection selection, Map<String, List<InstanceScope>> pools) {
    List<InstanceScope> pool = pools.getOrDefault(selection.service(), List.of());
    String argument = selection.argument();
    return switch (selection.kind()) {
      case ALL -> pool;
      case TAGGED -> pool.stream().filter(scope -> scope.tagged(argument)).toList();
      case UNTAGGED -> pool.stream().filter(scope -> !scope.tagged(argument)).toList();
      case OPTION ->
          Value.trusted(
              ServiceOption.named(argument).flatMap(option -> option.wanted(pool)).orElse(null));
    };
  }

  private static CharSequence print(Object value) {
    return value instanceof Value known
        ? known.print()
        : String.valueOf(((Integer) value).intValue());
  }
}
