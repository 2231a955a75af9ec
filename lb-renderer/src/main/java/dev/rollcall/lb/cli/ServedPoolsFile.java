package dev.rollcall.lb.cli;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import com.google.gson.reflect.TypeToken;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.config.ConfigFileException;
import dev.rollcall.lb.consul.PoolStore;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pools of the last run, as JSON in a file beside the configuration. Used by one thread. */
final class ServedPoolsFile implements PoolStore {
  private static final Logger log = LoggerFactory.getLogger(ServedPoolsFile.class);
  private static final String SUFFIX = "pools";
  private static final TypeToken<Map<String, List<Entry>>> SHAPE = new TypeToken<>() {};

  private final ConfigFile file;
  private final Gson gson = new Gson();
  private boolean complained;

  ServedPoolsFile(ConfigFile file) {
    this.file = file;
  }

  /** An instance as it stands in the file, which anybody may have edited. */
  private record Entry(
      @Nullable String id,
      @Nullable String service,
      @Nullable String node,
      @Nullable String address,
      int port,
      @Nullable List<String> tags,
      @Nullable Map<String, String> meta,
      int weight,
      @Nullable HealthStatus status,
      @Nullable String datacenter) {
    static Entry of(ServiceInstance one) {
      return new Entry(
          one.id(),
          one.service(),
          one.node(),
          one.address(),
          one.port(),
          one.tags(),
          one.meta(),
          one.weight(),
          one.status(),
          one.datacenter());
    }

    ServiceInstance instance() {
      return new ServiceInstance(
          Objects.requireNonNull(id),
          Objects.requireNonNull(service),
          Objects.requireNonNull(node),
          Objects.requireNonNull(address),
          port,
          Objects.requireNonNull(tags),
          Objects.requireNonNull(meta),
          weight,
          Objects.requireNonNull(status),
          Objects.requireNonNull(datacenter));
    }
  }

  @Override
  public Map<String, List<ServiceInstance>> load() {
    try {
      Map<String, List<Entry>> found = gson.fromJson(file.readSibling(SUFFIX).orElse("{}"), SHAPE);
      Map<String, List<ServiceInstance>> pools = new TreeMap<>();
      for (Map.Entry<String, List<Entry>> pool : Objects.requireNonNull(found).entrySet()) {
        pools.put(pool.getKey(), pool.getValue().stream().map(Entry::instance).toList());
      }
      return pools;
    } catch (JsonParseException | NullPointerException e) {
      log.warn(
          "{}.{} does not hold the pools of the last run and is not used: {}",
          file.target(),
          SUFFIX,
          e.toString());
    } catch (ConfigFileException e) {
      log.warn("The pools of the last run are not known: {}", e.getMessage());
    }
    return Map.of();
  }

  @Override
  public void save(Map<String, List<ServiceInstance>> pools) {
    Map<String, List<Entry>> entries = new TreeMap<>();
    pools.forEach((service, pool) -> entries.put(service, pool.stream().map(Entry::of).toList()));
    try {
      file.writeSibling(SUFFIX, gson.toJson(entries) + "\n");
      complained = false;
    } catch (ConfigFileException e) {
      if (!complained) {
        complained = true;
        log.warn("The pools are not kept for the next start: {}", e.getMessage());
      }
    }
  }
}
