# shellcheck shell=bash
# What discovery-core costs those who embed it. Sourced by compose/measure/bench.

BENCHMARKS+=(
  "library:discovery-core's own costs, by JMH: an answer read anew, again and after a change, a round of a watch, a join until a listener knows"
  "idle:200 watches in which nothing happens and 50 beats a second, for a minute (IDLE_SECONDS)"
  "crowd:1,000 registrations and 200 watches in one process on one agent for 5 minutes (CROWD_MINUTES)"
)

readonly LIBRARY=$ROOT/discovery-core/target

# The library with its benchmarks, which are compiled with its tests.
library_classpath() {
  step "compile discovery-core and its benchmarks" mvn -B -ntp -f "$ROOT/pom.xml" -pl discovery-core test-compile \
    dependency:build-classpath -Dmdep.includeScope=test "-Dmdep.outputFile=$LIBRARY/bench.classpath"
  LIBRARY_CLASSPATH=$LIBRARY/test-classes:$LIBRARY/classes:$(<"$LIBRARY/bench.classpath")
}

bench_library() {
  library_classpath
  bench_consul
  bench_java -cp "$LIBRARY_CLASSPATH" org.openjdk.jmh.Main 'dev\.rollcall\.' -prof gc -foe true \
    -rf csv -rff "$OUT/library.csv" | tee "$OUT/library.log" | grep --line-buffered '^# Run progress\|^<failure>\|Exception'
  end_consul
  jmh_figures <"$OUT/library.csv" | measured library
}

# JMH's CSV as figures: medians, tails and allocation.
jmh_figures() {
  tr -d '"\r' | awk -F , '
    function short(value) {return sprintf(value < 100 ? "%.2f" : "%.0f", value)}
    NR == 1 {for (i = 1; i <= NF; i++) if ($i ~ /^Param: /) param = i; next}
    {
      n = split($1, path, /[.:·]/)
      name = path[5]; for (i = 1; i <= n; i++) if (path[i] ~ /Benchmark$/) name = path[i]
      sub(/Benchmark$/, "", name)
      gsub(/[A-Z]/, " &", name); sub(/^ /, "", name)
      size = param && $param ~ /[0-9]/ ? " of " $param : ""
    }
    $1 ~ /:.?p0\.50$/ {print tolower(name) size ", median\t" short($5) "\t" $7}
    $1 ~ /:.?p0\.99$/ {print tolower(name) size ", p99\t" short($5) "\t" $7}
    $1 ~ /gc\.alloc\.rate\.norm$/ {print tolower(name) size ", allocated\t" short($5 / 1024) "\tKiB"}' | sed 's#/op$##; s#us$#µs#'
}

bench_idle() {
  library_classpath
  bench_consul
  bench_java -Xmx512m -cp "$LIBRARY_CLASSPATH" dev.rollcall.discovery.bench.Idle "${IDLE_SECONDS:-60}" >"$OUT/idle.tsv"
  end_consul
  measured idle <"$OUT/idle.tsv"
}

bench_crowd() {
  library_classpath
  bench_consul
  bench_java -Xmx512m -cp "$LIBRARY_CLASSPATH" dev.rollcall.discovery.bench.Crowd "${CROWD_MINUTES:-5}" \
    >"$OUT/crowd.tsv"
  end_consul
  measured crowd <"$OUT/crowd.tsv"
}
