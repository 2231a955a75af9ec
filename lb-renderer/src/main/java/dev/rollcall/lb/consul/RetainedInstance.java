package dev.rollcall.lb.consul;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.consul.Pool.InstanceKey;
import java.time.Duration;

/**
 * An instance that is kept in its pool though Consul doesn't call it passing. Immutable.
 *
 * @param instance as Consul last had it
 * @param cause why it is missing
 * @param since when it was first missed
 */
public record RetainedInstance(ServiceInstance instance, Cause cause, Duration since) {
  /** Why an instance is missing, in words for people. */
  public enum Cause {
    /** It was deregistered while Consul was there. */
    LEFT("left"),
    /** It is registered, and its checks fail. */
    FAILING("fail their checks"),
    /** It is registered, and a check of its has not run since it, or its agent, started. */
    UNCHECKED("have checks that have not run yet"),
    /** It passes, and is registered with a value that the template can't write. */
    REFUSED("are registered with values that can't be served"),
    /**
     * Consul doesn't know it any more, since it was away or since the checks had failed for long.
     */
    LOST("are unknown to Consul");

    private final String description;

    Cause(String words) {
      this.description = words;
    }

    /** Such as {@code fail their checks}. */
    public String description() {
      return description;
    }
  }

  RetainedInstance withCause(Cause changed) {
    return new RetainedInstance(instance, changed, since);
  }

  InstanceKey key() {
    return InstanceKey.of(instance);
  }
}
