package dev.rollcall.measure.versions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/**
 * What Maven Failsafe wrote of one test class. Immutable.
 *
 * @param properties the system properties that its tests ran with, the images among them
 * @param cases its tests
 */
record TestReport(Map<String, String> properties, List<Case> cases) {

  /**
   * One test.
   *
   * @param name with its arguments, as the report has it
   * @param result how it ended
   */
  record Case(String name, Result result) {}

  /** How a test ended. */
  enum Result {
    PASSED,
    FAILED,
    LEFT_OUT
  }

  TestReport {
    properties = Map.copyOf(properties);
    cases = List.copyOf(cases);
  }

  /** All reports of a directory; none if it is not there. */
  static List<TestReport> in(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    List<TestReport> reports = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> sorted =
          files
              .filter(file -> file.getFileName().toString().matches("TEST-.*\\.xml"))
              .sorted()
              .toList();
      for (Path file : sorted) {
        reports.add(read(file));
      }
    }
    return reports;
  }

  /** One report; an {@code IOException} names the file if it is none. */
  static TestReport read(Path file) throws IOException {
    try {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      DocumentBuilder builder = factory.newDocumentBuilder();
      builder.setErrorHandler(new DefaultHandler()); // The usual one writes to standard error.
      Document document = builder.parse(file.toFile());
      Map<String, String> properties = new LinkedHashMap<>();
      for (Element property : elements(document, "property")) {
        properties.put(property.getAttribute("name"), property.getAttribute("value"));
      }
      List<Case> cases = new ArrayList<>();
      for (Element test : elements(document, "testcase")) {
        cases.add(new Case(test.getAttribute("name"), result(test)));
      }
      return new TestReport(properties, cases);
    } catch (SAXException | ParserConfigurationException e) {
      throw new IOException(file + " is no report of tests: " + e.getMessage(), e);
    }
  }

  private static Result result(Element test) {
    if (has(test, "failure") || has(test, "error")) {
      return Result.FAILED;
    }
    return has(test, "skipped") ? Result.LEFT_OUT : Result.PASSED;
  }

  private static boolean has(Element test, String name) {
    return test.getElementsByTagName(name).getLength() > 0;
  }

  private static List<Element> elements(Document document, String name) {
    NodeList nodes = document.getElementsByTagName(name);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }
}
