package dev.rollcall.lb.template;

import java.util.regex.Pattern;

/**
 * What a value may consist of, so that it stays one word of a HAProxy configuration wherever a
 * template puts it. Values are refused, never escaped: HAProxy's rules for quoting depend on the
 * place (configuration manual, 2.2 "Quoting and escaping" and 2.3 "Environment variables"), and a
 * template may put a value anywhere.
 */
final class SafeText {
  /** What is allowed in a value from Consul, for messages. */
  static final String WORD_RULE = "1 to 128 letters, digits and . _ ~ / -";

  /** What is allowed in a value from the environment, for messages. */
  static final String SETTING_RULE = "1 to 256 letters, digits and . _ ~ / - : @ , + = ! *";

  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9._~/-]{1,128}");
  private static final Pattern SETTING = Pattern.compile("[A-Za-z0-9._~/:@,+=!*-]{1,256}");
  private static final Pattern SERVER_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,62}");

  private SafeText() {}

  /** A word from Consul: an id, a tag, a metadata value. */
  static boolean isWord(String value) {
    return WORD.matcher(value).matches();
  }

  /** A value from the environment: the operator's own, so it may be an address or a password. */
  static boolean isSetting(String value) {
    return SETTING.matcher(value).matches();
  }

  /** A server's name; stricter than HAProxy itself, which allows a colon too. */
  static boolean isServerName(String value) {
    return SERVER_NAME.matcher(value).matches();
  }
}
