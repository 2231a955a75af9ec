package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** A HAProxy that expects these commands in this order and has an answer ready for each. */
final class ScriptedSession implements RuntimeApi.Session {

  private final Deque<String[]> script = new ArrayDeque<>();
  private final List<String> heard = new ArrayList<>();

  ScriptedSession expect(String command, String reply) {
    script.add(new String[] {command, reply});
    return this;
  }

  ScriptedSession silentAt(String... commands) {
    for (String command : commands) {
      expect(command, "");
    }
    return this;
  }

  @Override
  public String ask(String command) {
    heard.add(command);
    String[] next = script.poll();
    assertThat(next).as("after %s", heard).isNotNull();
    assertThat(command).isEqualTo(next[0]);
    return next[1];
  }

  @Override
  public List<String> askAll(List<String> commands) {
    return commands.stream().map(this::ask).toList();
  }

  @Override
  public void close() {
    assertThat(script).as("commands that never came").isEmpty();
  }
}
