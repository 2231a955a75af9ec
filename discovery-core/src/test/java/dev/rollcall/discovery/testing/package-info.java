@NullMarked
package dev.rollcall.discovery.testing;

import org.jspecify.annotations.NullMarked;
