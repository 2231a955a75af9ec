# shellcheck shell=bash
# Which JDK of this machine the stand-in Java runtime is cut from. Sourced, never run.

readonly JLINK_FROM=21 # the first major version that the images should run on
# shellcheck disable=SC2034 # used by lib/standins.sh
readonly JLINK_MODULES=java.se,jdk.unsupported,jdk.crypto.ec,jdk.management,jdk.management.agent,jdk.jfr,jdk.naming.dns,jdk.net,jdk.zipfs,jdk.localedata,jdk.httpserver,jdk.jcmd,jdk.charsets

# java_version HOME — as its release file has it, such as 25.0.3; empty without such a file.
java_version() { sed -n 's/^JAVA_VERSION="\(.*\)"$/\1/p' "$1/release" 2>/dev/null; }

# The home of the newest JDK with jlink from version 21 on; empty if there is none. STANDIN_JDK names another home,
# or is `none`.
newest_jdk() {
  local home version
  if [ -n "${STANDIN_JDK:-}" ]; then
    [ "$STANDIN_JDK" = none ] && return
    [ -x "$STANDIN_JDK/bin/jlink" ] || die "$EXIT_USAGE" "STANDIN_JDK=$STANDIN_JDK has no bin/jlink; name the home of a JDK, or none"
    echo "$STANDIN_JDK"
    return
  fi
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/java/* /opt/*jdk* "$HOME"/.sdkman/candidates/java/*; do
    [ -x "$home/bin/jlink" ] || continue
    version=$(java_version "$home")
    [[ $version =~ ^[0-9]+ ]] && [ "${BASH_REMATCH[0]}" -ge $JLINK_FROM ] && printf '%s\t%s\n' "$version" "$home"
  done | sort -k 1,1V | tail -n 1 | cut -f 2
}
