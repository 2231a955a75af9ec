/** The packages for virtual machines, installed as their users install them. */
@NullMarked
package dev.rollcall.lb.vm;

import org.jspecify.annotations.NullMarked;
