/** How {@code dev.rollcall.discovery} keeps its promises. No part of the API. */
@NullMarked
package dev.rollcall.discovery.internal;

import org.jspecify.annotations.NullMarked;
