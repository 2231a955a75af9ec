/**
 * Counts the requests of a server in a {@link dev.rollcall.discovery.RequestTracker}: a filter for
 * Servlet, a handler for Jetty, a plugin for Javalin. Each needs its server's library, which the
 * application brings.
 */
@NullMarked
package dev.rollcall.discovery.server;

import org.jspecify.annotations.NullMarked;
