package dev.rollcall.lb;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;

/** Data flows one way through the packages, and each library is known to one of them. */
@AnalyzeClasses(packages = "dev.rollcall.lb", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule ONE_WAY =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("main")
          .definedBy("dev.rollcall.lb")
          .layer("cli")
          .definedBy("dev.rollcall.lb.cli")
          .layer("reconcile")
          .definedBy("dev.rollcall.lb.reconcile")
          .layer("status")
          .definedBy("dev.rollcall.lb.status")
          .layer("update")
          .definedBy("dev.rollcall.lb.update")
          .layer("haproxy")
          .definedBy("dev.rollcall.lb.haproxy")
          .layer("config")
          .definedBy("dev.rollcall.lb.config")
          .layer("template")
          .definedBy("dev.rollcall.lb.template")
          .layer("routing")
          .definedBy("dev.rollcall.lb.routing")
          .layer("consul")
          .definedBy("dev.rollcall.lb.consul")
          .whereLayer("main")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("cli")
          .mayOnlyBeAccessedByLayers("main")
          .whereLayer("reconcile")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("status")
          .mayOnlyBeAccessedByLayers("cli", "reconcile")
          .whereLayer("update")
          .mayOnlyBeAccessedByLayers("cli", "reconcile")
          .whereLayer("haproxy")
          .mayOnlyBeAccessedByLayers("cli", "reconcile", "update", "status")
          .whereLayer("config")
          .mayOnlyBeAccessedByLayers("cli", "reconcile", "update", "haproxy", "template", "routing")
          .whereLayer("template")
          .mayOnlyBeAccessedByLayers("cli", "reconcile")
          .whereLayer("routing")
          .mayOnlyBeAccessedByLayers("cli", "reconcile", "template")
          .whereLayer("consul")
          .mayOnlyBeAccessedByLayers("cli", "reconcile", "template", "status");

  @ArchTest
  static final ArchRule NO_CYCLES =
      SlicesRuleDefinition.slices().matching("dev.rollcall.lb.(*)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule PUBLIC_SIDE_OF_THE_LIBRARY_ONLY =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.rollcall.discovery.internal..", "com.ecwid..", "org.apache.http..");

  @ArchTest
  static final ArchRule CONSUL_IN_ITS_OWN_PACKAGE_ONLY =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.rollcall.lb.consul", "dev.rollcall.lb.cli")
          .should()
          .dependOnClassesThat(
              resideInAPackage("dev.rollcall.discovery..")
                  .and(not(type(ServiceInstance.class)))
                  .and(not(type(HealthStatus.class))))
          .because(
              "the catalog watches, the command line connects, the others know instances only");

  @ArchTest
  static final ArchRule MUSTACHE_IN_THE_TEMPLATE_ONLY =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.rollcall.lb.template")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.samskivert..");

  @ArchTest
  static final ArchRule PICOCLI_IN_THE_COMMAND_LINE_ONLY =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.rollcall.lb.cli")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("picocli..");

  @ArchTest
  static final ArchRule JDK_INTERNALS_IN_ONE_CLASS =
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName("dev.rollcall.lb.cli.Signals")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("sun..", "jdk..");

  @ArchTest
  static final ArchRule JSON_IN_THE_STATUS_AND_ONE_FILE_ONLY =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.rollcall.lb.status")
          .and()
          .haveNameNotMatching("dev\\.rollcall\\.lb\\.cli\\.ServedPoolsFile(\\$.*)?")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.google.gson..");

  @ArchTest
  static final ArchRule HTTP_IN_THE_STATUS_ONLY =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.rollcall.lb.status")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.sun.net.httpserver..");

  @ArchTest
  static final ArchRule MICROMETER_IN_THE_STATUS_ONLY =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.rollcall.lb.status", "dev.rollcall.lb.cli")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.micrometer..", "io.prometheus..")
          .because(
              "the command line hands the registry to the library, the others are not counted");

  @ArchTest
  static final ArchRule PURE_DECISIONS =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.rollcall.lb.reconcile",
              "dev.rollcall.lb.status",
              "dev.rollcall.lb.consul",
              "dev.rollcall.lb.routing")
          .or()
          .haveNameMatching(
              "dev\\.rollcall\\.lb\\.update\\.(UpdatePlan(ner)?|DriftDetector|Draining|(Server|Backend|Map)References)(\\$.*)?")
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.nio.file.Files")
          .because("effects are at the edge");
}
