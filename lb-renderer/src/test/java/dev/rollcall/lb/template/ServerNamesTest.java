package dev.rollcall.lb.template;

import static dev.rollcall.lb.template.Instances.instance;
import static dev.rollcall.lb.template.Instances.onNode;
import static dev.rollcall.lb.template.Instances.web;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.ServiceInstance;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ServerNamesTest {
  private static List<String> names(ServiceInstance... instances) {
    ServerNames names = new ServerNames(List.of(instances));
    return List.of(instances).stream().map(names::of).toList();
  }

  @Test
  void isTheIdWhereThatIsLegalAndUnique() {
    assertThat(names(instance("web-a1-8080"), instance("Web_B.2")))
        .containsExactly("web-a1-8080", "Web_B.2");
  }

  @Test
  void tellsApartTheSameIdOnTwoNodes() {
    List<String> names = names(onNode("web", "n1"), onNode("web", "n2"), onNode("other", "n1"));
    assertThat(names).doesNotHaveDuplicates().contains("other");
    assertThat(names.get(0)).matches("web-[0-9a-f]{8}");
  }

  @Test
  void doesNotDependOnOrder() {
    assertThat(names(onNode("web", "n1"), onNode("web", "n2")))
        .containsExactlyInAnyOrderElementsOf(names(onNode("web", "n2"), onNode("web", "n1")));
  }

  @Test
  void keepsWhatIsLegalOfAnIdThatIsNot() {
    assertThat(names(instance("host:web:8080")))
        .singleElement()
        .asString()
        .matches("host-web-8080-[0-9a-f]{8}");
    assertThat(names(instance("_nomad-task-x")))
        .singleElement()
        .asString()
        .matches("nomad-task-x-[0-9a-f]{8}");
    assertThat(names(instance("日本"))).singleElement().asString().matches("instance-[0-9a-f]{8}");
  }

  @Test
  void isShortEnoughHoweverLongTheId() {
    List<String> names = names(instance("x".repeat(5000) + "1"), instance("x".repeat(5000) + "2"));
    assertThat(names).doesNotHaveDuplicates().allMatch(Allowed::serverName);
  }

  @Test
  void leavesOutAnInstanceThatTookAnothersName() throws TemplateException {
    String made = names(instance("a:b")).get(0);
    Rendering rendering =
        HaproxyTemplate.compile(
                "t", "{{#services.web}}{{name}} {{/services.web}}", new Environment(Map.of()))
            .render(web(instance("a:b"), instance(made)));
    assertThat(rendering.text()).isEqualTo(made + " \n");
    assertThat(rendering.refusals())
        .singleElement()
        .satisfies(refusal -> assertThat(refusal.reason()).contains("taken by another instance"));
  }
}
