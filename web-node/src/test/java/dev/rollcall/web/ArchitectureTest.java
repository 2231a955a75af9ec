package dev.rollcall.web;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.rollcall.web", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule knowsOnlyThePublicPackageOfTheLibrary =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.rollcall.discovery.internal..", "dev.rollcall.lb..");

  @ArchTest
  static final ArchRule speaksWithConsulThroughTheLibraryAlone =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.ecwid..", "org.apache.http..", "com.google.gson..");
}
