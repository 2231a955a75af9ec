# shellcheck shell=bash
# The Java that counts, computes and draws: it stands in compose/src/test. Sourced by the scripts, never run.
. "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib/common.sh"

readonly JAVA_SOURCES=$HERE/src/test/java/dev/rollcall/measure CLASSES=$HERE/target/test-classes CLASSPATH_FILE=$HERE/target/test.classpath

is_compiled() {
  [ -s "$CLASSPATH_FILE" ] && [ -z "$(find "$JAVA_SOURCES" -newer "$CLASSES/dev/rollcall/measure/MeasurementRun.class" 2>&1)" ]
}

# program CLASS ARGUMENT… — runs it in place of this shell; compiled first, if its sources are newer.
program() {
  if ! command -v java mvn >/dev/null; then "$TOOLS/engine" >&2; fi
  if ! is_compiled; then
    open_log
    step "compile compose/src/test" flock -w "$LOCK_WAIT" "$ROOT/pom.xml" mvn -B -ntp -q -f "$ROOT/pom.xml" -pl compose test-compile >&2
    close_log 0
  fi
  # Compose would take a file or profile of the user's environment instead of ours.
  unset COMPOSE_FILE COMPOSE_PROFILES COMPOSE_ENV_FILES
  export SCRIPT
  exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" -Djava.awt.headless=true -Djdk.httpclient.allowRestrictedHeaders=connection \
    -cp "$CLASSES:$(<"$CLASSPATH_FILE")" "dev.rollcall.measure.$1" "${@:2}"
}
