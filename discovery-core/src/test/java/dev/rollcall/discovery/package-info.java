@NullMarked
package dev.rollcall.discovery;

import org.jspecify.annotations.NullMarked;
