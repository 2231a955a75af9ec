@NullMarked
package dev.rollcall.discovery.micrometer;

import org.jspecify.annotations.NullMarked;
