@NullMarked
package dev.rollcall.discovery.internal.ecwid;

import org.jspecify.annotations.NullMarked;
