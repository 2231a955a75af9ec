/**
 * Metrics through Micrometer, which this package alone needs: whoever uses it has {@code
 * micrometer-core} among the dependencies already.
 */
@NullMarked
package dev.rollcall.discovery.micrometer;

import org.jspecify.annotations.NullMarked;
