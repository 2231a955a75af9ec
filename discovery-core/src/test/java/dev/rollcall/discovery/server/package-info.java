@NullMarked
package dev.rollcall.discovery.server;

import org.jspecify.annotations.NullMarked;
