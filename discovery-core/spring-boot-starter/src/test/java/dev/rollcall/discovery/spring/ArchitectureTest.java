package dev.rollcall.discovery.spring;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What the starter may use of the library, and the library of Spring. */
class ArchitectureTest {

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.rollcall.discovery");

  @Test
  void theStarterUsesThePublicPackagesOfTheLibrary() {
    noClasses()
        .that()
        .resideInAPackage("dev.rollcall.discovery.spring..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.rollcall.discovery.internal..", "com.ecwid..")
        .check(classes);
  }

  @Test
  void onlyThePackageOfTestsUsesTheRegistryInMemory() {
    noClasses()
        .that()
        .resideInAPackage("dev.rollcall.discovery.spring")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.rollcall.discovery.testing..", "org.springframework.test..")
        .check(classes);
  }
}
