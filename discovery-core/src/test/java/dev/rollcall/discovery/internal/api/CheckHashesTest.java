package dev.rollcall.discovery.internal.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CheckHashesTest {

  private final CheckHashes.Builder before = new CheckHashes.Builder();
  private final CheckHashes.Builder now = new CheckHashes.Builder();

  @Test
  void aStateThatChangesTellsWhichServiceItIs() {
    before.add("web", "n1", "service:web-1", "passing");
    before.add("shop", "n1", "service:shop-1", "passing");
    now.add("web", "n1", "service:web-1", "critical");
    now.add("shop", "n1", "service:shop-1", "passing");
    assertThat(now.build().movedSince(before.build())).containsExactly("web");
    assertThat(now.build().nodes()).isEqualTo(before.build().nodes());
  }

  @Test
  void soDoesACheckThatComesOrGoes() {
    before.add("gone", "n1", "service:gone-1", "passing");
    before.add("web", "n1", "service:web-1", "passing");
    now.add("web", "n1", "service:web-1", "passing");
    now.add("web", "n2", "service:web-1", "passing");
    now.add("came", "n1", "service:came-1", "passing");
    assertThat(now.build().movedSince(before.build()))
        .containsExactlyInAnyOrder("gone", "web", "came");
  }

  @Test
  void twoThatSwapTheirStatesAreAChange() {
    before.add("web", "n1", "service:web-1", "passing");
    before.add("web", "n1", "service:web-2", "critical");
    now.add("web", "n1", "service:web-1", "critical");
    now.add("web", "n1", "service:web-2", "passing");
    assertThat(now.build().movedSince(before.build())).containsExactly("web");
  }

  @Test
  void namesThatDifferInCaseOnlyAreOne() {
    before.add("Web", "n1", "service:web-1", "passing");
    now.add("web", "n1", "service:web-1", "critical");
    assertThat(now.build().movedSince(before.build())).containsExactly("web");
  }

  @Test
  void theOrderIsNoChange() {
    before.add("web", "n1", "a", "passing");
    before.add("web", "n1", "b", "critical");
    now.add("web", "n1", "b", "critical");
    now.add("web", "n1", "a", "passing");
    assertThat(now.build()).isEqualTo(before.build());
  }

  @Test
  void aCheckOfANodeIsOfNoService() {
    before.add("", "n1", "serfHealth", "passing");
    now.add("", "n1", "serfHealth", "critical");
    assertThat(now.build().movedSince(before.build())).isEmpty();
    assertThat(now.build().nodes()).isNotEqualTo(before.build().nodes());
  }

  @Test
  void aNameThatNobodyCanWatchIsNotKept() {
    now.add("what/ever", "n1", "a", "passing");
    assertThat(now.build().services()).isEmpty();
    assertThat(now.build().checks()).isEqualTo(1);
  }
}
