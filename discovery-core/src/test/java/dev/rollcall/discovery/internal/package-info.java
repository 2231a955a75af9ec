@NullMarked
package dev.rollcall.discovery.internal;

import org.jspecify.annotations.NullMarked;
