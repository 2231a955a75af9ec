@NullMarked
package dev.rollcall.discovery.spring.testing;

import org.jspecify.annotations.NullMarked;
