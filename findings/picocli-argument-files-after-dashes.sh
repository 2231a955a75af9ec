#!/usr/bin/env bash
# picocli expands argument files after "--" too, and takes a missing one for a word.
#
# Guess:   what follows "--" is left as it is; an argument file that is missing is an error.
# Happens: "--" ends options, not the expansion: "-- @words" becomes the words of the file. If there is no such file, "@words" itself is the argument.
#          setExpandAtFiles(false) cures it.
# Seen:    picocli 4.7.7 (Maven info.picocli:picocli). Source: its manual, "@-files" and "Double dash".
# Matters: a launcher that hands on what follows "--" changes the other program's arguments ("curl -d @body"), depending on which files lie about.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
fetch_maven info.picocli picocli 4.7.7
cat >Launch.java <<'JAVA'
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

class Launch {
  @Parameters List<String> program = List.of();

  public static void main(String[] arguments) {
    var launch = new Launch();
    new CommandLine(launch).parseArgs("--", "curl", "-d", "@body");
    System.out.println(launch.program);
  }
}
JAVA
mkdir classes
javac -proc:none -cp 'jars/*' -d classes Launch.java
expect "-- curl -d @body, no such file" "$(java -cp 'jars/*:classes' Launch)" "[curl, -d, @body]"
echo 'of the file' >body
expect "-- curl -d @body, with the file" "$(java -cp 'jars/*:classes' Launch)" "[curl, -d, of, the, file]"
