/** The loop of one blocking query, the sharing of equal watches, and the hand-over to listeners. */
@NullMarked
package dev.rollcall.discovery.internal.watch;

import org.jspecify.annotations.NullMarked;
