/**
 * A web page that names its host: a thin service that shows how discovery-core is embedded.
 *
 * <p>Read {@link dev.rollcall.web.WebNode} first: bind, serve, register, and on SIGTERM leave.
 */
@NullMarked
package dev.rollcall.web;

import org.jspecify.annotations.NullMarked;
