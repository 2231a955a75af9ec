@NullMarked
package dev.rollcall.discovery.spring;

import org.jspecify.annotations.NullMarked;
