package dev.rollcall.lb.template;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.config.PrintableText;
import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.template.RenderedConfig.InstanceProblem;
import java.io.IOException;
import java.io.Writer;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One instance inside <code>{{#services.NAME}}</code>; what a rendering writes of it, the first
 * reason to refuse it, and what of it is ignored. Values are checked when they are written. An
 * instance that stays as it is keeps its context from one rendering to the next, and with it what
 * was written of it. Used by one thread at a time.
 */
final class InstanceContext implements MustacheContext {
  static final String META = "meta.";
  static final String TAGGED = "tagged.";

  private final String pool;
  private final ServiceInstance instance;
  private final String serverName;
  private final int weight;
  private final InstanceAddress address;
  private final Function<String, String> places;
  private final boolean loopbackAllowed;
  private Set<String> ignored = Set.of();
  private boolean addressWritten;
  private boolean portWritten;
  private boolean outerAsked;
  private @Nullable String reason;
  private @Nullable InetSocketAddress socketAddress;
  private @Nullable WrittenSection sections;

  /**
   * What a section has written of the instance.
   *
   * @param body the section as the template has it
   * @param text what it gave
   * @param address whether the address is in it
   * @param port whether the port is in it
   * @param next another section of the same instance; null if there is none
   */
  private record WrittenSection(
      String body, String text, boolean address, boolean port, @Nullable WrittenSection next) {}

  /**
   * A context that refuses nothing yet.
   *
   * @param pool the service in whose pool it is, which may be another one than its own
   * @param weight the weight to write
   * @param loopbackAllowed whether it may be at a loopback address
   * @param places where the template writes a value
   */
  InstanceContext(
      String pool,
      ServiceInstance instance,
      String serverName,
      int weight,
      boolean loopbackAllowed,
      Function<String, String> places) {
    this.pool = pool;
    this.instance = instance;
    this.serverName = serverName;
    this.weight = weight;
    this.loopbackAllowed = loopbackAllowed;
    this.places = places;
    this.address = InstanceAddress.of(instance.address());
  }

  /**
   * Begins another rendering. What sections have written of the instance before is kept: they would
   * write the same again.
   */
  void restart() {
    ignored = Set.of();
    addressWritten = false;
    portWritten = false;
  }

  /** Whether it can take part in another rendering, where its instance has this name and weight. */
  boolean isReusable(String name, int scaledWeight) {
    return reason == null && weight == scaledWeight && serverName.equals(name);
  }

  /**
   * Writes a section of the instance.
   *
   * @param body the section as the template has it
   */
  void write(String body, Template.Fragment section, Writer out) throws IOException {
    for (WrittenSection one = sections; one != null; one = one.next()) {
      if (one.body().equals(body)) {
        addressWritten |= one.address();
        portWritten |= one.port();
        out.write(one.text());
        return;
      }
    }
    boolean hadAddress = addressWritten;
    boolean hadPort = portWritten;
    addressWritten = false;
    portWritten = false;
    outerAsked = false;
    RecordingWriter recorder = new RecordingWriter(out);
    section.execute(this, recorder);
    // What the context around it gives may be something else the next time.
    if (reason == null && !outerAsked && recorder.isWhole()) {
      sections = new WrittenSection(body, recorder.text(), addressWritten, portWritten, sections);
    }
    addressWritten |= hadAddress;
    portWritten |= hadPort;
  }

  @Override
  public Object get(String name) {
    return switch (name) {
      case "name" -> Value.trusted(serverName);
      case "address" -> new Value(instance.address(), this::writeAddress);
      case "port" -> new Value(Integer.toString(instance.port()), this::writePort);
      case "weight" -> new Value(Integer.toString(weight), this::writeWeight);
      case "status" -> Value.trusted(instance.status().name().toLowerCase(Locale.ROOT));
      case "id" -> word("id", instance.id());
      case "node" -> word("node", instance.node());
      case "datacenter" -> word("datacenter", instance.datacenter());
      // Without those that can't be written: other tools have tags of their own.
      case "tags" -> instance.tags().stream().filter(SafeText::isWord).map(Value::trusted).toList();
      default -> {
        if (name.startsWith(TAGGED)) {
          yield hasTag(name.substring(TAGGED.length()));
        }
        if (name.startsWith(META)) {
          yield word(name, instance.meta().get(name.substring(META.length())));
        }
        outerAsked |= !name.startsWith(HaproxyTemplate.ENV); // Which no template changes.
        yield UNKNOWN;
      }
    };
  }

  private Value word(String what, @Nullable String text) {
    return new Value(text, () -> writeWord(what, text));
  }

  private String writeWord(String what, @Nullable String text) {
    if (text == null || text.isEmpty()) {
      return refuse(
          "it has no %s, which %s writes; put it between {{#…}} and {{/…}} to make it optional"
              .formatted(what, places.apply(what)));
    }
    return SafeText.isWord(text)
        ? text
        : refuse(what + " '" + PrintableText.of(text) + "' is not " + SafeText.WORD_RULE);
  }

  private String writeAddress() {
    addressWritten = true;
    if (!address.refusal().isEmpty()) {
      return refuse(address.refusal());
    }
    if (address.loopback() && !loopbackAllowed) {
      return refuse(
          "address '%s' is that of HAProxy's own machine: register the address at which others reach the instance, or allow it with --allow-loopback yes"
              .formatted(instance.address()));
    }
    return address.literal();
  }

  private String writePort() {
    portWritten = true;
    return instance.port() < 1 || instance.port() > ServerAddress.MAX_PORT
        ? refuse("port " + instance.port() + " is not between 1 and " + ServerAddress.MAX_PORT)
        : Integer.toString(instance.port());
  }

  private String writeWeight() {
    return weight < 0
        ? refuse("weight " + weight + " is negative: register one of 0 to 65535")
        : Integer.toString(weight);
  }

  boolean hasTag(String tag) {
    return instance.tags().contains(tag);
  }

  ServiceInstance instance() {
    return instance;
  }

  String pool() {
    return pool;
  }

  String serverName() {
    return serverName;
  }

  /** Where it is, if the template wrote its address and its port. */
  Optional<InetSocketAddress> endpoint() {
    if (!addressWritten || !portWritten || reason != null) {
      return Optional.empty();
    }
    InetSocketAddress known = socketAddress;
    if (known == null) {
      known = new InetSocketAddress(address.ip(), instance.port());
      socketAddress = known;
    }
    return Optional.of(known);
  }

  /** Leaves the instance out, and gives nothing to write; the first reason is kept. */
  String refuse(String why) {
    if (reason == null) {
      reason = why;
    }
    return "";
  }

  /** Records a request of the instance that is not followed. */
  void ignore(String what) {
    if (ignored.isEmpty()) {
      ignored = new LinkedHashSet<>();
    }
    ignored.add(what);
  }

  /** Why the rendering refused the instance, if it did. */
  Optional<String> refusal() {
    return Optional.ofNullable(reason);
  }

  InstanceProblem problem(String why) {
    return new InstanceProblem(pool, instance.id(), instance.node(), why);
  }

  /** Its requests that are not followed. */
  List<InstanceProblem> ignored() {
    return ignored.isEmpty() ? List.of() : ignored.stream().map(this::problem).toList();
  }

  /** Writes to another writer, and keeps a copy as long as it is short. */
  private static final class RecordingWriter extends Writer {
    private static final int LONGEST = 4096;

    private final Writer out;
    private final StringBuilder copy = new StringBuilder();
    private boolean whole = true;

    RecordingWriter(Writer out) {
      this.out = out;
    }

    @Override
    public void write(char[] characters, int from, int length) throws IOException {
      out.write(characters, from, length);
      whole = whole && copy.length() + length <= LONGEST;
      if (whole) {
        copy.append(characters, from, length);
      }
    }

    @Override
    public void write(String text, int from, int length) throws IOException {
      out.write(text, from, length);
      whole = whole && copy.length() + length <= LONGEST;
      if (whole) {
        copy.append(text, from, from + length);
      }
    }

    boolean isWhole() {
      return whole;
    }

    String text() {
      return copy.toString();
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  /**
   * The instances of a pool, each written by its section of the template, once for as long as it
   * stays as it is. Only for a template that does not ask for the place of an instance in the pool.
   */
  record Section(List<InstanceContext> pool) implements Mustache.Lambda {
    @Override
    public void execute(Template.Fragment fragment, Writer out) throws IOException {
      String body = fragment.decompile();
      for (InstanceContext context : pool) {
        context.write(body, fragment, out);
      }
    }
  }

  /**
   * Brings the weights of a pool into HAProxy's range: Consul's go up to 65535, HAProxy's to 256
   * (configuration manual, 5.2 "weight"). The ratios are kept, as far as whole numbers can.
   * Immutable.
   *
   * @param highest the highest weight of the pool
   */
  record WeightScale(int highest) {
    private static final int LIMIT = 256;

    /** The scale for a pool of these weights. */
    static WeightScale of(Collection<Integer> weights) {
      return new WeightScale(weights.stream().mapToInt(Integer::intValue).max().orElse(0));
    }

    /**
     * The weight to write for one of the pool: the same if none of the pool is above the limit. At
     * least 1 for one that is positive; 0 stays 0, which gives an instance no new traffic.
     */
    int scale(int weight) {
      return highest <= LIMIT || weight <= 0
          ? weight
          : (int) Math.max(1, Math.round((double) weight * LIMIT / highest));
    }
  }
}
