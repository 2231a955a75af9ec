package dev.rollcall.measure.bench;

import com.google.gson.annotations.SerializedName;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/**
 * One figure as it is published.
 *
 * @param value with the digits that are shown
 * @param noise the spread between the quartiles of its samples by their median, as a share; null if
 *     it is not known
 */
record Figure(
    String benchmark,
    @SerializedName("what") String name,
    BigDecimal value,
    String unit,
    @Nullable BigDecimal noise) {

  /** What is measured once, with the digits that the text has. */
  static Figure once(String benchmark, String name, String value, String unit) {
    return new Figure(benchmark, name, new BigDecimal(value), unit, null);
  }

  /** Four significant digits, or all of those before the point. */
  static BigDecimal shown(double value) {
    BigDecimal exact = new BigDecimal(value);
    BigDecimal rounded =
        Math.abs(value) >= 1000
            ? exact.setScale(0, RoundingMode.HALF_EVEN)
            : exact.round(new MathContext(4, RoundingMode.HALF_EVEN)).stripTrailingZeros();
    return rounded.scale() < 0 ? rounded.setScale(0) : rounded;
  }

  String markdown() {
    return "| %s | %s | %s | %s |"
        .formatted(
            name,
            value.toPlainString(),
            unit,
            noise == null
                ? ""
                : noise.movePointRight(2).setScale(0, RoundingMode.HALF_EVEN) + " %");
  }
}
