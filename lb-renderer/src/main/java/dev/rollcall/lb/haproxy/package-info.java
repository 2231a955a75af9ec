/** Talks to one HAProxy, attached to or run as a child, and reads every reply. */
@NullMarked
package dev.rollcall.lb.haproxy;

import org.jspecify.annotations.NullMarked;
