/**
 * Running and wanted configuration become an {@code UpdatePlan}, which is carried out at run time
 * or by a verified reload, and rolled back when it fails.
 */
@NullMarked
package dev.rollcall.lb.update;

import org.jspecify.annotations.NullMarked;
