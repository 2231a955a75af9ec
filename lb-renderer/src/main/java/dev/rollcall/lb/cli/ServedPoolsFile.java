package dev.rollcall.lb.cli;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import com.google.gson.reflect.TypeToken;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.config.ConfigFileException;
import dev.rollcall.lb.consul.PoolStore;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pools of the last run, as JSON in a file beside the configuration. Used by one thread. */
final class ServedPoolsFile implements PoolStore {
  private static final Logger log = LoggerFactory.getLogger(ServedPoolsFile.class);
  private static final String SUFFIX = "pools";
  private static final TypeToken<Map<String, List<ServiceInstance>>> POOLS = new TypeToken<>() {};

  private final ConfigFile file;
  private final Gson gson = new Gson();
  private boolean failed;

  ServedPoolsFile(ConfigFile file) {
    this.file = file;
  }

  @Override
  public Map<String, List<ServiceInstance>> load() {
    try {
      return checked(gson.fromJson(file.readSibling(SUFFIX).orElse("{}"), POOLS));
    } catch (ConfigFileException e) {
      log.warn("The pools of the last run are not known: {}", e.getMessage());
    } catch (RuntimeException e) {
      // No JSON, or values that no instance has: anybody may have edited it.
      log.warn(
          "{}.{} does not hold the pools of the last run and is not used: {}",
          file.target(),
          SUFFIX,
          e instanceof JsonParseException ? e.getMessage() : "an instance lacks a value");
    }
    return Map.of();
  }

  private static Map<String, List<ServiceInstance>> checked(
      Map<String, List<ServiceInstance>> read) {
    read.values().stream()
        .flatMap(List::stream)
        .flatMap(
            one ->
                Stream.of(
                    one.id(),
                    one.service(),
                    one.node(),
                    one.address(),
                    one.status(),
                    one.datacenter()))
        .forEach(Objects::requireNonNull);
    return read;
  }

  @Override
  public void save(Map<String, List<ServiceInstance>> pools) {
    try {
      file.writeSibling(SUFFIX, gson.toJson(new TreeMap<>(pools), POOLS.getType()) + "\n");
      failed = false;
    } catch (ConfigFileException e) {
      if (!failed) {
        failed = true;
        log.warn("The pools are not kept for the next start: {}", e.getMessage());
      }
    }
  }
}
