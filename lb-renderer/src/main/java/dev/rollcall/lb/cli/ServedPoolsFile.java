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
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pools and routes of the last run, as JSON in files beside the configuration. Used by one
 * thread.
 */
final class ServedPoolsFile implements PoolStore {
  private static final Logger log = LoggerFactory.getLogger(ServedPoolsFile.class);
  private static final String SUFFIX = "pools";
  private static final String ROUTES_SUFFIX = "routes";
  private static final TypeToken<Map<String, String>> ROUTES = new TypeToken<>() {};
  private static final TypeToken<Map<String, List<SavedInstance>>> POOLS = new TypeToken<>() {};

  private final ConfigFile file;
  private final Gson gson = new Gson();
  private boolean failed;
  private boolean routesFailed;

  ServedPoolsFile(ConfigFile file) {
    this.file = file;
  }

  @Override
  public Map<String, List<ServiceInstance>> load() {
    try {
      return each(
          gson.fromJson(file.readSibling(SUFFIX).orElse("{}"), POOLS), SavedInstance::instance);
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

  /** An instance as the file holds it; any value may be missing. */
  private record SavedInstance(
      String id,
      String service,
      String node,
      String address,
      int port,
      List<String> tags,
      Map<String, String> meta,
      int weight,
      HealthStatus status,
      String datacenter,
      long createIndex) {

    static SavedInstance of(ServiceInstance one) {
      return new SavedInstance(
          one.id(),
          one.service(),
          one.node(),
          one.address(),
          one.port(),
          one.tags(),
          one.meta(),
          one.weight(),
          one.status(),
          one.datacenter(),
          one.createIndex());
    }

    ServiceInstance instance() {
      return ServiceInstance.builder(service, address, port)
          .id(id)
          .node(node)
          .tags(tags)
          .meta(meta)
          .weight(weight)
          .status(status)
          .datacenter(datacenter)
          .createIndex(createIndex)
          .build();
    }
  }

  private static <A, B> Map<String, List<B>> each(
      Map<String, List<A>> pools, Function<A, B> change) {
    Map<String, List<B>> changed = new TreeMap<>();
    pools.forEach((name, pool) -> changed.put(name, pool.stream().map(change).toList()));
    return changed;
  }

  @Override
  public Map<String, String> loadRouteOwners() {
    try {
      Map<String, String> owners =
          gson.fromJson(file.readSibling(ROUTES_SUFFIX).orElse("{}"), ROUTES);
      owners.values().forEach(Objects::requireNonNull);
      return owners;
    } catch (ConfigFileException e) {
      log.warn("It is not known which service had which route: {}", e.getMessage());
    } catch (RuntimeException e) {
      log.warn(
          "{}.{} does not hold the routes of the last run and is not used",
          file.target(),
          ROUTES_SUFFIX);
    }
    return Map.of();
  }

  @Override
  public void saveRouteOwners(Map<String, String> owners) {
    try {
      file.writeSibling(ROUTES_SUFFIX, gson.toJson(new TreeMap<>(owners), ROUTES.getType()) + "\n");
      routesFailed = false;
    } catch (ConfigFileException e) {
      if (!routesFailed) {
        routesFailed = true;
        log.warn("It is not kept for the next start who has which route: {}", e.getMessage());
      }
    }
  }

  @Override
  public void save(Map<String, List<ServiceInstance>> pools) {
    try {
      file.writeSibling(
          SUFFIX, gson.toJson(each(pools, SavedInstance::of), POOLS.getType()) + "\n");
      failed = false;
    } catch (ConfigFileException e) {
      if (!failed) {
        failed = true;
        log.warn("The pools are not kept for the next start: {}", e.getMessage());
      }
    }
  }
}
