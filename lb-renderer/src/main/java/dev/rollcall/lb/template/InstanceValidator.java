package dev.rollcall.lb.template;

import dev.rollcall.lb.consul.CatalogSnapshot;
import java.util.List;

/**
 * Says which instances of a view a rendering would leave out. For whoever has to know what will be
 * served before anything is rendered. Implementations are thread-safe and have no effects.
 */
@FunctionalInterface
public interface InstanceValidator {
  /**
   * The instances that would be left out, each with the reason, as {@link RenderedConfig#refusals}
   * would have them for the same view. {@link InstanceProblem#service} is the pool's name in the
   * view, also for an instance of another service that helps out. The answer takes as long as a
   * rendering: ask once for a view, not once for an instance.
   *
   * @param view what may be served; nothing but the instances of its pools is looked at
   * @param names the names that the servers have
   * @return empty if none would, or if the view cannot be rendered at all
   */
  List<InstanceProblem> refusals(CatalogSnapshot view, ServerNames names);
}
