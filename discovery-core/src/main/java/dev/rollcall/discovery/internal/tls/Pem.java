package dev.rollcall.discovery.internal.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * What stands between a line of BEGIN and its END in a PEM text. Messages of failures tell what is
 * wrong and never repeat the text, which may be a key.
 */
record Pem(String label, String body) {

  private static final String BEGIN = "-----BEGIN ";
  private static final String DASHES = "-----";

  /** The parts of a text, in order; text between them is skipped. */
  static List<Pem> parts(String text) throws IOException {
    List<Pem> parts = new ArrayList<>();
    int from = text.indexOf(BEGIN);
    while (from >= 0) {
      int labelled = text.indexOf(DASHES, from + BEGIN.length());
      String label = labelled < 0 ? "" : text.substring(from + BEGIN.length(), labelled);
      if (!label.matches("[A-Z0-9 ]{1,40}")) {
        throw new IOException("a line of BEGIN is garbled");
      }
      int ended = text.indexOf("-----END " + label + DASHES, labelled);
      if (ended < 0) {
        throw new IOException("its " + label + " has no end");
      }
      parts.add(new Pem(label, text.substring(labelled + DASHES.length(), ended)));
      from = text.indexOf(BEGIN, ended);
    }
    return parts;
  }

  /** The certificates of a text, at least one. */
  static List<X509Certificate> certificates(String text) throws IOException {
    List<X509Certificate> certificates = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (Pem part : parts(text)) {
        if (part.label.equals("CERTIFICATE")) {
          ByteArrayInputStream in = new ByteArrayInputStream(part.bytes());
          certificates.add((X509Certificate) factory.generateCertificate(in));
        }
      }
    } catch (CertificateException e) {
      throw new IOException("its CERTIFICATE is garbled", e);
    }
    if (certificates.isEmpty()) {
      throw new IOException("it holds no certificate");
    }
    return certificates;
  }

  byte[] bytes() throws IOException {
    if (body.contains("ENCRYPTED")) {
      throw new IOException("its key has a pass phrase");
    }
    try {
      return Base64.getDecoder().decode(body.replaceAll("\\s+", ""));
    } catch (IllegalArgumentException e) {
      // Neither e nor its message: it repeats a character.
      throw new IOException("its " + label + " is garbled");
    }
  }

  @Override
  public String toString() {
    return "Pem[" + label + "]";
  }
}
