package dev.rollcall.lb.status;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The template in use. Immutable.
 *
 * @param name its file, or {@code (built-in)}
 * @param readAt when the one in use was read
 * @param problem why what is in the file now is not in use; null if it is
 */
public record TemplateStatus(String name, Instant readAt, @Nullable String problem) {}
