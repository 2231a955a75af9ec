package dev.rollcall.discovery.spring;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/** Hands the value of a property to a builder, whose refusal becomes one that names it. */
final class Setting {

  private Setting() {}

  /**
   * Sets a value, if there is one.
   *
   * @throws InvalidConfigurationPropertyValueException if the setter refuses it; Spring Boot tells
   *     the property, where it was set, and why
   */
  static <T> void set(String property, @Nullable T value, Consumer<? super T> setter) {
    if (value == null) {
      return;
    }
    try {
      setter.accept(value);
    } catch (IllegalArgumentException e) {
      throw invalid(property, value, e);
    }
  }

  static InvalidConfigurationPropertyValueException invalid(
      String property, Object value, IllegalArgumentException why) {
    InvalidConfigurationPropertyValueException invalid =
        new InvalidConfigurationPropertyValueException(
            property, value, String.valueOf(why.getMessage()));
    invalid.initCause(why);
    return invalid;
  }
}
