package dev.rollcall.lb.template;

import dev.rollcall.lb.template.TagScanner.Position;
import dev.rollcall.lb.template.TagScanner.Tag;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Walks a template's tags as a rendering would, and refuses every name that means nothing where it
 * stands, so that a template is wrong when it is read, not months later when a section is rendered
 * for the first time.
 */
final class TemplateChecker {
  private static final String ENV = "env.";
  private static final Pattern FIELD =
      Pattern.compile(
          "name|id|address|port|weight|status|node|datacenter|tags|tagged\\.[^{}\\p{Cntrl}]{1,512}|meta\\.[A-Za-z0-9_-]+");
  private static final Set<String> SERVICE_SECTIONS =
      Set.of(
          ServiceContext.INSTANCES, ServiceContext.ROUTES, ServiceContext.HTTP, ServiceContext.TCP);
  private static final Set<String> ROUTE_FIELDS = Set.of("host", "path", "key");
  private static final String INDEX = "-index";
  private static final String FIRST = "-first";
  private static final String LAST = "-last";
  private static final Set<String> POSITIONS = Set.of(INDEX, FIRST, LAST);
  private static final int DEEPEST = 16;
  private static final int DEEPEST_SERVICES = 2;

  /** What a section makes of the names inside it. */
  private enum Scope {
    SAME,
    SERVICE,
    ROUTE,
    INSTANCE,
    VALUE
  }

  private record Section(Tag open, Scope inside, boolean rendered) {}

  private final String template;
  private final TemplateEnvironment environment;
  private final Deque<Section> sections = new ArrayDeque<>();
  private final SortedSet<String> services = new TreeSet<>();
  private final Map<String, Position> written = new HashMap<>();
  private boolean ranging;

  private TemplateChecker(String template, TemplateEnvironment environment) {
    this.template = template;
    this.environment = environment;
  }

  /**
   * What the tags name.
   *
   * @param ranging whether there is a section of all selected services
   * @param positional whether it asks for the place of an instance among the others
   * @param written the first place where each value is written
   */
  record References(
      SortedSet<String> services,
      boolean ranging,
      boolean positional,
      Map<String, Position> written) {}

  /**
   * Finds the services that the tags name, and the first place where each value is written.
   *
   * @param template what errors call the template
   * @throws TemplateException at an unknown name, a section that isn't closed or closes another
   *     one, or a variable of the environment that is needed and not set, or not fit for a
   *     configuration
   */
  static References check(String template, List<Tag> tags, TemplateEnvironment environment)
      throws TemplateException {
    TemplateChecker checker = new TemplateChecker(template, environment);
    for (Tag tag : tags) {
      switch (tag.kind()) {
        case CLOSE -> checker.close(tag);
        case VARIABLE -> checker.variable(tag);
        case SECTION, INVERTED -> checker.open(tag);
      }
    }
    Section open = checker.sections.peek();
    if (open != null) {
      String name = open.open.name();
      throw checker.wrong(
          open.open, "the section %s is not closed: end it with {{/%s}}".formatted(name, name));
    }
    return new References(
        Collections.unmodifiableSortedSet(checker.services),
        checker.ranging,
        tags.stream().anyMatch(tag -> POSITIONS.contains(tag.name())),
        Map.copyOf(checker.written));
  }

  private void close(Tag tag) throws TemplateException {
    Section section = sections.poll();
    if (section == null) {
      throw wrong(tag, "{{/%s}} closes a section that was not opened".formatted(tag.name()));
    }
    if (!section.open.name().equals(tag.name())) {
      throw wrong(
          tag,
          "{{/%s}} stands where the section %s of %s should be closed"
              .formatted(tag.name(), section.open.name(), section.open.at()));
    }
  }

  private void variable(Tag tag) throws TemplateException {
    String name = tag.name();
    if (name.startsWith(ENV)) {
      setting(tag);
      boolean rendered = sections.stream().allMatch(Section::rendered);
      String variable = variableOf(tag);
      if (rendered && environment.get(variable).isEmpty()) {
        throw wrong(
            tag,
            "the environment variable %s is not set: set it, or put this between {{#%s}} and {{/%s}}"
                .formatted(variable, name, name));
      }
    } else if (name.startsWith(ServiceSelection.PREFIX) && selection(tag).isOption()) {
      throw wrong(tag, "%s may be missing: write {{#%s}}{{.}}{{/%s}}".formatted(name, name, name));
    } else if (name.startsWith(ServiceSelection.PREFIX) || name.equals("tags")) {
      throw wrong(tag, "%s is a list: write {{#%s}}…{{/%s}}".formatted(name, name, name));
    } else if (name.startsWith(InstanceContext.TAGGED)) {
      throw wrong(
          tag,
          "%s is no value: write {{#%s}}…{{/%s}} for those that have the tag"
              .formatted(name, name, name));
    } else if (name.equals(ServiceContext.SERVICES) || isServiceSection(name)) {
      throw wrong(tag, "%s is no value: write {{#%s}}…{{/%s}}".formatted(name, name, name));
    } else if (name.equals(ServiceContext.NAME)) {
      ofService(tag);
    } else if (name.equals(ServiceContext.LISTEN_PORT)) {
      ofService(tag);
      if (sections.stream().noneMatch(section -> section.open.name().equals(ServiceContext.TCP))) {
        throw wrong(tag, "{{listen-port}} may be missing: write it between {{#tcp}} and {{/tcp}}");
      }
    } else if (ROUTE_FIELDS.contains(name)) {
      if (!isInside(Scope.ROUTE)) {
        throw wrong(
            tag, name + " belongs to a route: write it between {{#routes}} and {{/routes}}");
      }
    } else if (name.equals(".")) {
      if (inside() != Scope.VALUE) {
        throw wrong(tag, "{{.}} has a meaning only in the section of a value or of the tags");
      }
    } else if (!(name.equals(INDEX) && inInstance())) {
      field(tag);
      written.putIfAbsent(name, tag.at());
    }
  }

  private void open(Tag tag) throws TemplateException {
    String name = tag.name();
    boolean inverted = tag.kind() == Tag.Kind.INVERTED;
    Scope inside = Scope.VALUE;
    boolean rendered = true;
    if (name.equals(ServiceContext.SERVICES)) {
      if (isInside(Scope.SERVICE) || isInside(Scope.INSTANCE)) {
        throw wrong(tag, "{{#services}} stands in no other section of services");
      }
      ranging = true;
      inside = Scope.SERVICE;
    } else if (isServiceSection(name)) {
      inside = serviceSection(tag);
    } else if (name.startsWith(ServiceSelection.PREFIX)) {
      ServiceSelection selection = selection(tag);
      services.add(selection.service());
      if (!selection.isOption()
          && sections.stream().filter(section -> section.inside == Scope.INSTANCE).count()
              == DEEPEST_SERVICES) {
        throw wrong(
            tag, "more than %s sections of services in one another".formatted(DEEPEST_SERVICES));
      }
      inside = selection.isOption() ? Scope.VALUE : Scope.INSTANCE;
    } else if (name.startsWith(InstanceContext.TAGGED)) {
      field(tag);
      inside = Scope.SAME;
    } else if (name.startsWith(ENV)) {
      setting(tag);
      rendered = environment.get(variableOf(tag)).isPresent() != inverted;
    } else if ((name.equals(FIRST) || name.equals(LAST)) && inInstance()) {
      inside = Scope.SAME;
    } else {
      field(tag);
    }
    if (sections.size() == DEEPEST) {
      throw wrong(tag, "more than %s sections in one another".formatted(DEEPEST));
    }
    sections.push(new Section(tag, inverted ? Scope.SAME : inside, rendered));
  }

  private static boolean isServiceSection(String name) {
    return SERVICE_SECTIONS.contains(name) || name.startsWith(ServiceContext.OPTION);
  }

  /** What a section of {{#services}} makes of the names inside it. */
  private Scope serviceSection(Tag tag) throws TemplateException {
    ofService(tag);
    String name = tag.name();
    boolean option = name.startsWith(ServiceContext.OPTION);
    if (option && ServiceOption.byName(name.substring(ServiceContext.OPTION.length())).isEmpty()) {
      throw wrong(tag, "%s is none of the options %s".formatted(name, ServiceOption.names()));
    }
    boolean list = name.equals(ServiceContext.INSTANCES) || name.equals(ServiceContext.ROUTES);
    if (list && (isInside(Scope.INSTANCE) || isInside(Scope.ROUTE))) {
      throw wrong(tag, "{{#%s}} stands in no section of instances or routes".formatted(name));
    }
    return switch (name) {
      case ServiceContext.INSTANCES -> Scope.INSTANCE;
      case ServiceContext.ROUTES -> Scope.ROUTE;
      default -> option ? Scope.VALUE : Scope.SAME;
    };
  }

  private void ofService(Tag tag) throws TemplateException {
    if (!isInside(Scope.SERVICE)) {
      throw wrong(
          tag,
          "%s belongs to a selected service: write it between {{#services}} and {{/services}}"
              .formatted(tag.name()));
    }
  }

  private ServiceSelection selection(Tag tag) throws TemplateException {
    return ServiceSelection.of(tag.name())
        .orElseThrow(
            () ->
                wrong(
                    tag,
                    "'%s' names no service: write services.NAME, 1 to 128 letters, digits and - . _, perhaps with :PORT and then @DATACENTER or @PEER.peer, and after it nothing, .tagged.TAG, .untagged.TAG or .option.OPTION of %s"
                        .formatted(tag.name(), ServiceOption.names())));
  }

  private void field(Tag tag) throws TemplateException {
    String name = tag.name();
    if (!FIELD.matcher(name).matches()) {
      throw wrong(
          tag,
          "unknown name %s: there are services, services.NAME, env.NAME, and in a service name, id, address, port, weight, status, node, datacenter, tags, tagged.TAG, meta.KEY"
              .formatted(name));
    }
    if (!inInstance()) {
      throw wrong(
          tag,
          "%s belongs to an instance: write it between {{#services.NAME}} and {{/services.NAME}}, or {{#instances}} and {{/instances}}"
              .formatted(name));
    }
  }

  /** Checks that a variable of the environment may be read and, if it is set, written. */
  private void setting(Tag tag) throws TemplateException {
    String variable = variableOf(tag);
    if (!TemplateEnvironment.allows(variable)) {
      throw wrong(
          tag,
          "the environment variable %s is not for templates: STATS_USER, STATS_PASSWORD and names that start with LB_ are"
              .formatted(variable));
    }
    if (!environment.get(variable).map(SafeText::isSetting).orElse(true)) {
      throw wrong(
          tag,
          "the value of the environment variable %s is not fit for a configuration: use %s"
              .formatted(variable, SafeText.SETTING_RULE));
    }
  }

  private static String variableOf(Tag tag) {
    return tag.name().substring(ENV.length());
  }

  private boolean inInstance() {
    return isInside(Scope.INSTANCE);
  }

  private boolean isInside(Scope scope) {
    return sections.stream().anyMatch(section -> section.inside == scope);
  }

  private Scope inside() {
    return sections.stream()
        .map(Section::inside)
        .filter(inside -> inside != Scope.SAME)
        .findFirst()
        .orElse(Scope.SAME);
  }

  private TemplateException wrong(Tag tag, String what) {
    return new TemplateException(template, tag.at(), what);
  }

  /**
   * What a name that begins with {@code services.} selects: all instances of a service, those with
   * or without a tag, or an option that they ask for. Immutable.
   *
   * @param service the service's name, with a port and a datacenter or peer if it says one, as
   *     {@link dev.rollcall.discovery.ServiceQuery#label()} does; the name of the pool
   * @param kind what of it
   * @param argument the tag or the option; empty for {@link Kind#ALL}
   */
  record ServiceSelection(String service, Kind kind, String argument) {
    static final String PREFIX = "services.";

    /** What of a service. */
    enum Kind {
      /** <code>services.NAME</code> */
      ALL,
      /** <code>services.NAME.tagged.TAG</code> */
      TAGGED,
      /** <code>services.NAME.untagged.TAG</code>: the others. */
      UNTAGGED,
      /** <code>services.NAME.option.OPTION</code> */
      OPTION
    }

    private static final Pattern NAME =
        Pattern.compile(
            "services\\.(?<service>[A-Za-z0-9][A-Za-z0-9_.-]{0,127}?(?::[A-Za-z0-9_-]{1,64})?(?:@[A-Za-z0-9_-]{1,64}(?:\\.peer)?)?)(?:\\.(?:(?<kind>tagged|untagged)\\.(?<tag>[^{}\\p{Cntrl}]{1,512})|option\\.(?<option>[A-Za-z0-9_.-]{1,128})))?");
    private static final Pattern UNFINISHED = Pattern.compile("\\.(?:tagged|untagged|option)$");

    /** Reads a name; empty if it selects nothing. */
    static Optional<ServiceSelection> of(String name) {
      Matcher matcher = NAME.matcher(name);
      if (!matcher.matches()) {
        return Optional.empty();
      }
      String service = matcher.group("service");
      String option = matcher.group("option");
      if (option != null) {
        return ServiceOption.byName(option).isEmpty()
            ? Optional.empty()
            : Optional.of(new ServiceSelection(service, Kind.OPTION, option));
      }
      String kind = matcher.group("kind");
      if (kind != null) {
        return Optional.of(
            new ServiceSelection(
                service, Kind.valueOf(kind.toUpperCase(Locale.ROOT)), matcher.group("tag")));
      }
      return UNFINISHED.matcher(service).find()
          ? Optional.empty()
          : Optional.of(new ServiceSelection(service, Kind.ALL, ""));
    }

    boolean isOption() {
      return kind == Kind.OPTION;
    }
  }
}
