/** What many instances and many balancers cost Consul, computed without any. */
@NullMarked
package dev.rollcall.measure.simulate;

import org.jspecify.annotations.NullMarked;
