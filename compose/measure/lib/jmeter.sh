# shellcheck shell=bash
# Apache JMeter of Maven Central, laid out as its own distribution is. Sourced, never run.

JMETER_VERSION=$(sed -n 's:.*<jmeter.version>\(.*\)</jmeter.version>.*:\1:p' "$MEASURE/faults.d/jmeter.pom.xml")
JMETER=$CACHE/jmeter-$JMETER_VERSION

install_jmeter() {
  local part=$JMETER.part maven
  [ ! -e "$JMETER/complete" ] || return 0
  maven=(mvn -B -ntp -q -f "$MEASURE/faults.d/jmeter.pom.xml")
  rm -rf "$part" "$JMETER"
  mkdir -p "$part/lib/ext" "$part/lib/junit" "$part/bin"
  "${maven[@]}" dependency:copy-dependencies "-DoutputDirectory=$part/lib"
  "${maven[@]}" dependency:unpack-dependencies -DincludeArtifactIds=ApacheJMeter_config "-DoutputDirectory=$part/config" '-Dmdep.unpack.includes=bin/*'
  mv "$part"/config/bin/* "$part/bin/"
  rm -rf "$part/config"
  mv "$part/lib/ApacheJMeter-$JMETER_VERSION.jar" "$part/bin/ApacheJMeter.jar"
  mv "$part"/lib/ApacheJMeter_*.jar "$part/lib/ext/"
  touch "$part/complete"
  mv "$part" "$JMETER"
}
