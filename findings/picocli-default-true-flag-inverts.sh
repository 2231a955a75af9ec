#!/usr/bin/env bash
# picocli turns a flag off when it is given, if its default is true.
#
# Guess:   `--check` sets a boolean option to true.
# Happens: a flag given without a value becomes the opposite of its default: `--check` with defaultValue "true" is false. fallbackValue = "true" cures it.
# Seen:    picocli 4.7.7 (Maven info.picocli:picocli). Source: its manual, "Boolean options".
# Matters: making a feature the default by changing the default alone inverts the command lines and service files that ask for it.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
fetch_maven info.picocli picocli 4.7.7
cat >Flags.java <<'JAVA'
import picocli.CommandLine;
import picocli.CommandLine.Option;

class Flags {
  @Option(names = "--check", defaultValue = "true") boolean check;
  @Option(names = "--plain") boolean plain;
  @Option(names = "--cured", defaultValue = "true", fallbackValue = "true") boolean cured;

  public static void main(String[] arguments) {
    var flags = new Flags();
    new CommandLine(flags).parseArgs(arguments);
    System.out.println("check " + flags.check + ", plain " + flags.plain + ", cured " + flags.cured);
  }
}
JAVA
expect "nothing" "$(java -cp 'jars/*' Flags.java)" "check true, plain false, cured true"
expect "--check --plain --cured" "$(java -cp 'jars/*' Flags.java --check --plain --cured)" "check false, plain true, cured true"
