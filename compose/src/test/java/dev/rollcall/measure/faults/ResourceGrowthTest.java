package dev.rollcall.measure.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.measure.faults.ResourceGrowth.Part;
import dev.rollcall.measure.faults.ResourceGrowth.Row;
import dev.rollcall.measure.faults.ResourceGrowth.Stage;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ResourceGrowthTest {
  private static final ResourceUsage SMALL = new ResourceUsage(1, 0, 80, 20, 5, 40);

  private static Part part(String service, String id, @Nullable ResourceUsage usage) {
    return new Part(service, id, "2026-11-30T08:00:00Z", usage);
  }

  private static Row row(Part quiet, Part loaded, Part loadedEnd, Part quietEnd, long logRate) {
    return ResourceGrowth.rows(
            Map.of(
                Stage.QUIET, List.of(quiet),
                Stage.LOADED, List.of(loaded),
                Stage.LOADED_END, List.of(loadedEnd),
                Stage.QUIET_END, List.of(quietEnd)),
            Map.of(quietEnd.id(), logRate))
        .get(0);
  }

  private static Row rendererThatEnds(ResourceUsage loadedEnd, ResourceUsage quietEnd) {
    Part before = part("lb-renderer", "a", SMALL);
    return row(
        before,
        before,
        part("lb-renderer", "a", loadedEnd),
        part("lb-renderer", "a", quietEnd),
        1655);
  }

  @Test
  void aPartThatHoldsWhatItHeldIsSteady() {
    Row row = rendererThatEnds(SMALL, SMALL);

    assertThat(row.verdict()).isEmpty();
    assertThat(row.markdown())
        .isEqualTo(
            "| lb-renderer | all along | 80 → 80 | 20 → 20 | 5 → 5 | 40 → 40 | - | 1655 | steady |");
  }

  @Test
  void memoryMayGrowByAQuarterAnd32MiB() {
    assertThat(rendererThatEnds(new ResourceUsage(1, 0, 132, 20, 5, 40), SMALL).verdict())
        .isEmpty();
    assertThat(rendererThatEnds(new ResourceUsage(1, 0, 133, 20, 5, 40), SMALL).verdict())
        .isEqualTo("memory 133, not 132");
  }

  @Test
  void threadsSocketsAndDescriptorsHaveBoundsOfTheirOwn() {
    assertThat(
            rendererThatEnds(
                    new ResourceUsage(1, 0, 80, 34, 99, 99),
                    new ResourceUsage(1, 0, 999, 99, 14, 49))
                .verdict())
        .isEqualTo("threads 34, not 33; sockets 14, not 13; descriptors 49, not 48");
  }

  @Test
  void aContainerStartedMeanwhileIsHeldAgainstTheMostOfItsService() {
    Part old = part("web-node", "a", SMALL);
    Part young = part("web-node", "b", SMALL);

    Row row = row(old, old, young, young, 0);

    assertThat(row.cells()).startsWith("web-node b", "started meanwhile", "80 → 80");
    assertThat(row.verdict()).isEmpty();
  }

  @Test
  void oldWorkersOfHaproxyGrow() {
    Part before = part("haproxy", "a", SMALL);
    Part after = part("haproxy", "a", new ResourceUsage(4, 3, 80, 20, 5, 40));

    assertThat(row(before, before, before, after, 0).verdict()).isEqualTo("2 old workers");
  }

  @Test
  void aLogThatIsWrittenTooFastGrows() {
    Part part = part("consul", "a", SMALL);

    assertThat(row(part, part, part, part, 65_537).verdict())
        .isEqualTo("log 65537 bytes a minute, not 65536");
  }

  @Test
  void aPartThatCouldNotBeLookedIntoIsNoSteadyOne() {
    Part part = part("consul", "a", SMALL);

    assertThat(row(part, part, part("consul", "a", null), part, 0).verdict())
        .startsWith("could not be looked into");
  }
}
