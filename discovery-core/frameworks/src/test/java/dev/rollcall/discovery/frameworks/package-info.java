/** What holds the page on other frameworks to code that is compiled and run. */
@NullMarked
package dev.rollcall.discovery.frameworks;

import org.jspecify.annotations.NullMarked;
