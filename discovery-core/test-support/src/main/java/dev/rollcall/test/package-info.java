/** What the tests of several modules need: containers, images, processes, and the code in pages. */
@NullMarked
package dev.rollcall.test;

import org.jspecify.annotations.NullMarked;
