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
class WallsTest {
  @ArchTest
  static final ArchRule ONE_WAY =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("main")
          .definedBy("dev.rollcall.lb")
          .layer("cli")
          .definedBy("dev.rollcall.lb.cli")
          .layer("pipeline")
          .definedBy("dev.rollcall.lb.pipeline")
          .layer("status")
          .definedBy("dev.rollcall.lb.status")
          .layer("apply")
          .definedBy("dev.rollcall.lb.apply")
          .layer("haproxy")
          .definedBy("dev.rollcall.lb.haproxy")
          .layer("plan")
          .definedBy("dev.rollcall.lb.plan")
          .layer("runtime")
          .definedBy("dev.rollcall.lb.runtime")
          .layer("config")
          .definedBy("dev.rollcall.lb.config")
          .layer("template")
          .definedBy("dev.rollcall.lb.template")
          .layer("catalog")
          .definedBy("dev.rollcall.lb.catalog")
          .whereLayer("main")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("cli")
          .mayOnlyBeAccessedByLayers("main")
          .whereLayer("pipeline")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("status")
          .mayOnlyBeAccessedByLayers("cli", "pipeline")
          .whereLayer("apply")
          .mayOnlyBeAccessedByLayers("cli", "pipeline")
          .whereLayer("haproxy")
          .mayOnlyBeAccessedByLayers("cli", "apply", "status")
          .whereLayer("plan")
          .mayOnlyBeAccessedByLayers("apply")
          .whereLayer("runtime")
          .mayOnlyBeAccessedByLayers("apply", "haproxy", "plan")
          .whereLayer("config")
          .mayOnlyBeAccessedByLayers("cli", "apply", "plan", "haproxy", "runtime", "template")
          .whereLayer("template")
          .mayOnlyBeAccessedByLayers("cli", "pipeline")
          .whereLayer("catalog")
          .mayOnlyBeAccessedByLayers("cli", "pipeline", "template");

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
  static final ArchRule CONSUL_IN_THE_CATALOG_ONLY =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.rollcall.lb.catalog", "dev.rollcall.lb.cli")
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
  static final ArchRule THE_JDKS_OWN_IN_ONE_CLASS =
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
          .haveNameNotMatching("dev\\.rollcall\\.lb\\.cli\\.PoolsFile(\\$.*)?")
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
              "dev.rollcall.lb.plan",
              "dev.rollcall.lb.pipeline",
              "dev.rollcall.lb.status",
              "dev.rollcall.lb.catalog")
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.nio.file.Files")
          .because("effects are at the edge");
}
