/**
 * Changes the servers of a running HAProxy through its Runtime API: what differs, what of it can be
 * done without a reload, the commands for it, the judgement of every reply, and the look afterwards
 * whether HAProxy has it.
 *
 * <p>Decisions are pure ({@link dev.rollcall.lb.runtime.ServerDiff}, {@link
 * dev.rollcall.lb.runtime.ServerCommands}, {@link dev.rollcall.lb.runtime.Drift}); only {@link
 * dev.rollcall.lb.runtime.RuntimeApi} touches a socket. Whatever is in doubt is left to a reload.
 */
@NullMarked
package dev.rollcall.lb.runtime;

import org.jspecify.annotations.NullMarked;
