/**
 * From the snapshot of the catalog to the text of a HAProxy configuration.
 *
 * <p>A template is checked in full when it is read: every name it uses must exist, every section
 * must be closed. When it is rendered, every value that came from Consul is checked against an
 * allow-list; an instance with a value that could leave its place is left out and reported, the
 * others are served.
 */
@NullMarked
package dev.rollcall.lb.template;

import org.jspecify.annotations.NullMarked;
