/** What is so, for people and machines: one immutable record, and the HTTP server that shows it. */
@NullMarked
package dev.rollcall.lb.status;

import org.jspecify.annotations.NullMarked;
