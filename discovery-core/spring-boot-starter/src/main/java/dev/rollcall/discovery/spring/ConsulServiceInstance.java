package dev.rollcall.discovery.spring;

import dev.rollcall.discovery.ServiceInstance;
import java.net.URI;
import java.util.Map;
import java.util.TreeMap;

/**
 * An instance as Spring Cloud wants it. The metadata is that in Consul, and {@code weight} that of
 * the instance unless the metadata says one; the instance is secure if the metadata says {@code
 * secure=true}.
 *
 * @param instance as Consul holds it
 */
record ConsulServiceInstance(ServiceInstance instance)
    implements org.springframework.cloud.client.ServiceInstance {

  @Override
  public String getInstanceId() {
    return instance.id();
  }

  @Override
  public String getServiceId() {
    return instance.service();
  }

  @Override
  public String getHost() {
    // As it stands in a URI: those who use it put a colon and the port after it.
    String address = instance.address();
    return address.contains(":") && !address.startsWith("[") ? "[" + address + "]" : address;
  }

  @Override
  public int getPort() {
    return instance.port();
  }

  @Override
  public boolean isSecure() {
    return Boolean.parseBoolean(instance.meta().get("secure"));
  }

  @Override
  public String getScheme() {
    return isSecure() ? "https" : "http";
  }

  @Override
  public URI getUri() {
    return URI.create(getScheme() + "://" + getHost() + ":" + getPort());
  }

  @Override
  public Map<String, String> getMetadata() {
    Map<String, String> metadata = new TreeMap<>(instance.meta());
    metadata.putIfAbsent("weight", Integer.toString(instance.weight()));
    return metadata;
  }
}
