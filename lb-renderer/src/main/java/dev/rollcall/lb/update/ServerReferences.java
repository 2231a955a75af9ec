package dev.rollcall.lb.update;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.HaproxyConfig.ConfigLine;
import dev.rollcall.lb.config.HaproxyConfig.Section;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * References to servers in a configuration: {@code use-server}, {@code track}, or a fetch such as
 * {@code srv_is_up(be_web/web-1)}. HAProxy does not delete such a server, and refuses a file
 * without it. Immutable after {@link #of}.
 *
 * @see <a href="https://docs.haproxy.org/3.0/configuration.html#7.3.2">Configuration manual, the
 *     fetches whose argument is a server</a>
 */
final class ServerReferences {

  /** All fetches with a server as argument. */
  private static final Pattern FETCH = Pattern.compile("\\bsrv_[a-z_]+\\(\\s*([^),\\s]*)");

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.:-]+(?:/[A-Za-z0-9_.:-]+)?");

  /** The referring line, by {@code backend/server}. */
  private final Map<String, String> lines = new HashMap<>();

  /** A line whose reference only HAProxy can resolve. */
  private @Nullable String unresolved;

  private ServerReferences() {}

  static ServerReferences of(HaproxyConfig config) {
    ServerReferences references = new ServerReferences();
    for (Section section : config.sections()) {
      section.lines().forEach(line -> references.add(section.name(), line));
    }
    return references;
  }

  /** The line that refers to a server, or may do so; empty when none does. */
  Optional<String> find(String backend, String server) {
    String line = lines.get(backend + "/" + server);
    return Optional.ofNullable(line == null ? unresolved : line);
  }

  private void add(String section, ConfigLine line) {
    List<String> words = line.words();
    String first = line.word(0);
    if (first.equals("server") || first.equals("default-server")) {
      int track = words.lastIndexOf("track");
      // A server may have that name.
      if (track > (first.equals("server") ? 2 : 0) && track + 1 < words.size()) {
        add(section, words.get(track + 1), line);
      }
      return; // Most lines of a large pool.
    }
    if (first.equals("use-server") && words.size() > 1) {
      // An expression that is evaluated for each request does not block deletion.
      if (!line.word(1).contains("%[")) {
        add(section, line.word(1), line);
      }
    }
    for (String word : words) {
      if (word.contains("srv_")) {
        Matcher fetch = FETCH.matcher(plain(word));
        while (fetch.find()) {
          add(section, fetch.group(1), line);
        }
      }
    }
  }

  private void add(String section, String name, ConfigLine line) {
    String text = String.join(" ", line.words());
    String plain = plain(name);
    if (NAME.matcher(plain).matches()) {
      lines.putIfAbsent(plain.contains("/") ? plain : section + "/" + plain, text);
    } else if (!plain.isEmpty() && unresolved == null) {
      // A variable of HAProxy's environment, for example.
      unresolved = text;
    }
  }

  /** Without quotes and backslashes. */
  private static String plain(String word) {
    return word.replaceAll("[\"'\\\\]", "");
  }
}
