package dev.rollcall.discovery.internal.concurrent;

import java.lang.reflect.Method;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Makes threads that keep no process alive: virtual ones where the JVM has them (21 and later),
 * daemons of the platform elsewhere. A watch spends its life blocked in a read, which costs a
 * virtual thread a few hundred bytes and a platform thread a stack.
 */
public final class DaemonThreadFactory {

  private static final @Nullable Method OF_VIRTUAL = ofVirtual();

  private DaemonThreadFactory() {}

  /** Threads named with a prefix and a number. */
  static ThreadFactory named(String prefix) {
    return OF_VIRTUAL == null ? platform(prefix) : virtual(OF_VIRTUAL, prefix);
  }

  /** Platform threads, for those that must not wait for a virtual thread of the application. */
  public static ThreadFactory platform(String prefix) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, prefix + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /** By reflection, as the library runs on 17 too. */
  private static ThreadFactory virtual(Method ofVirtual, String prefix) {
    try {
      Object builder = ofVirtual.invoke(null);
      Class<?> type = ofVirtual.getReturnType();
      type.getMethod("name", String.class, long.class).invoke(builder, prefix, 1L);
      return (ThreadFactory) type.getMethod("factory").invoke(builder);
    } catch (ReflectiveOperationException previewOnly) {
      return platform(prefix);
    }
  }

  private static @Nullable Method ofVirtual() {
    try {
      return Thread.class.getMethod("ofVirtual");
    } catch (NoSuchMethodException before21) {
      return null;
    }
  }
}
