package dev.rollcall.discovery;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.File;
import java.time.Clock;
import java.time.Instant;
import java.util.stream.Stream;

@AnalyzeClasses(
    packages = "dev.rollcall.discovery",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  private static final DescribedPredicate<JavaClass> HTTP_AND_JSON =
      resideInAnyPackage("com.ecwid..", "org.apache..", "com.google.gson..");

  @ArchTest
  static final ArchRule consulApiStaysBehindItsWall =
      noClasses()
          .that()
          .resideOutsideOfPackage("..internal.ecwid..")
          .should()
          .dependOnClassesThat(are(HTTP_AND_JSON));

  @ArchTest
  static final ArchRule onlyTheConnectionKnowsTheGateway =
      classes()
          .that()
          .resideInAPackage("..internal.ecwid..")
          .should()
          .onlyHaveDependentClassesThat(
              resideInAPackage("..internal.ecwid..")
                  .or(
                      DescribedPredicate.describe(
                          "are ConsulDiscovery",
                          type -> type.getSimpleName().equals("ConsulDiscovery"))));

  @ArchTest
  static final ArchRule theTestingArtifactIsNeededByNobodyInProduction =
      noClasses()
          .that()
          .resideOutsideOfPackage("..testing..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("..discovery.testing..", "org.junit..");

  @ArchTest
  static final ArchRule onlyTheExtensionKnowsJUnit =
      noClasses()
          .that()
          .doNotHaveSimpleName("RegistryExtension")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.junit..");

  @ArchTest
  static final ArchRule onlyTheMetricsKnowMicrometer =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.rollcall.discovery.micrometer")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.micrometer..", "dev.rollcall.discovery.micrometer");

  @ArchTest
  static final ArchRule onlyTheFiltersKnowServers =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.rollcall.discovery.server")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "jakarta.servlet..",
              "org.eclipse.jetty..",
              "io.javalin..",
              "dev.rollcall.discovery.server");

  @ArchTest
  static final ArchRule timeComesFromTheClock =
      noClasses()
          .that()
          .doNotHaveSimpleName("SystemClock")
          .should()
          .accessTargetWhere(
              target(owner(equivalentTo(System.class)))
                  .and(target(nameMatching("nanoTime|currentTimeMillis"))))
          .orShould()
          .accessTargetWhere(target(owner(equivalentTo(Instant.class))).and(target(name("now"))))
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Clock.class);

  @ArchTest
  static final ArchRule nobodySleeps =
      noClasses()
          .should()
          .accessTargetWhere(target(owner(equivalentTo(Thread.class))).and(target(name("sleep"))));

  /** Only where the user calls {@link LeaveOnTerminate.Builder#installShutdownHook}. */
  @ArchTest
  static final ArchRule noOtherShutdownHookIsInstalled =
      noClasses()
          .that(not(type(LeaveOnTerminate.Builder.class)))
          .should()
          .accessTargetWhere(
              target(owner(equivalentTo(Runtime.class))).and(target(name("addShutdownHook"))))
          .orShould()
          .accessTargetWhere(
              target(owner(equivalentTo(File.class))).and(target(name("deleteOnExit"))))
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("sun.misc.Signal");

  /** A slice for each package: a package and one beside, above or below it are two. */
  @ArchTest
  static final ArchRule packagesAreFreeOfCycles =
      slices()
          .assignedFrom(
              new SliceAssignment() {
                @Override
                public SliceIdentifier getIdentifierOf(JavaClass type) {
                  return SliceIdentifier.of(type.getPackageName());
                }

                @Override
                public String getDescription() {
                  return "packages";
                }
              })
          .should()
          .beFreeOfCycles();

  @ArchTest
  static final ArchRule thePublicApiShowsNothingInternal =
      methods()
          .that()
          .areDeclaredInClassesThat()
          .resideInAPackage("dev.rollcall.discovery")
          .and()
          .arePublic()
          .should(showNothingInternal());

  /** A record cannot grow without breaking who constructs it: only small ones are public. */
  @ArchTest
  static final ArchRule whatMayGrowIsNoRecord =
      classes()
          .that()
          .areRecords()
          .and()
          .arePublic()
          .and()
          .resideOutsideOfPackage("..internal..")
          .should(
              new ArchCondition<>("have at most three components") {
                @Override
                public void check(JavaClass type, ConditionEvents events) {
                  int components = type.reflect().getRecordComponents().length;
                  if (components > 3) {
                    events.add(
                        SimpleConditionEvent.violated(type, type.getName() + ": " + components));
                  }
                }
              });

  private static ArchCondition<JavaMethod> showNothingInternal() {
    return new ArchCondition<>("show nothing internal") {
      @Override
      public void check(JavaMethod method, ConditionEvents events) {
        Stream.concat(Stream.of(method.getRawReturnType()), method.getRawParameterTypes().stream())
            .filter(type -> type.getPackageName().contains(".internal"))
            .forEach(
                type ->
                    events.add(
                        SimpleConditionEvent.violated(
                            method, method.getFullName() + " shows " + type.getName())));
      }
    };
  }
}
