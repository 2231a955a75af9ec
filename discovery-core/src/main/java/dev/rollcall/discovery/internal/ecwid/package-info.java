/**
 * Speaks with Consul by consul-api over Apache HttpClient. Types of consul-api, Apache and Gson
 * appear here and nowhere else.
 */
@NullMarked
package dev.rollcall.discovery.internal.ecwid;

import org.jspecify.annotations.NullMarked;
