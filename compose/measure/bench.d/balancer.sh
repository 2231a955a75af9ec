# shellcheck shell=bash
# How soon and how cheaply HAProxy follows Consul: lb-renderer, and what people use instead. Sourced by compose/measure/bench.

BENCHMARKS+=(
  "join:from register until the new instance answers through HAProxy, in pools of 10, 100 and 1,000 (JOIN_ROUNDS)"
  "leave:from leave until HAProxy sends it nothing new; measured together with join"
  "burst:100 instances join a pool of 10 within 100 ms: until all answer, and in how many changes of HAProxy (BURST_ROUNDS)"
  "growth:what one more server costs lb-renderer in pools of 50, 500 and 5,000: time, CPU, memory, bytes read from Consul"
  "services:what it costs lb-renderer to watch 1, 100 and 1,000 services, and how soon a change in one comes through"
  "lossless:requests lost, and their 99th percentile, while instances come and go 100 times under the load of compose/measure/faults"
)

readonly BALANCER=$ROOT/lb-renderer/target

# The program as it is shipped, and the benchmarks, which are compiled with its tests.
balancer_built() {
  [ ! -e "$OUT/built.$$" ] || return 0
  step "build lb-renderer and its benchmarks" mvn -B -ntp -f "$ROOT/pom.xml" -pl lb-renderer -am package -DskipTests \
    dependency:build-classpath -Dmdep.includeScope=test "-Dmdep.outputFile=$BALANCER/bench.classpath"
  rm -f "$OUT"/built.*
  : >"$OUT/built.$$"
}

# balancer_consul — a Consul whose API and DNS are reached at its own address, through no forwarded port. It keeps its data
# on disk: in development mode it words its answers with blanks, twice as long and three times as slow.
balancer_consul() {
  CONSUL_CONTAINER=$(docker run -d --label "$BENCH_LABEL" "$CONSUL_IMAGE" agent -server -bootstrap-expect 1 \
    -data-dir /consul/data -bind 127.0.0.1 -client 0.0.0.0 -log-level warn)
  CONSUL_HTTP_ADDR=http://$(docker inspect -f '{{.NetworkSettings.IPAddress}}' "$CONSUL_CONTAINER"):8500
  export CONSUL_HTTP_ADDR
  await_leader
}

# balancer_java CLASS ARGUMENTS… — one of the benchmarks; its progress goes to the terminal. The JDK's HTTP server sends an
# answer in two parts, the second of which waits 40 ms on a kept connection without nodelay.
balancer_java() {
  local class=$1
  shift
  find_consul_template
  export BENCH_LABEL
  bench_java -Xmx512m -Dsun.net.httpserver.nodelay=true "-Dlb-renderer.jar=$BALANCER/lb-renderer.jar" "-Dbench.scripts=$MEASURE/bench.d/peers" \
    -cp "$BALANCER/test-classes:$BALANCER/classes:$(<"$BALANCER/bench.classpath")" "dev.rollcall.lb.bench.$class" "$@"
}

# Joins and leaves are measured in one go, once a run.
memberships() {
  local size rounds turns
  [ ! -e "$OUT/membership.$$" ] || return 0
  rm -f "$OUT"/membership.*
  balancer_built
  : >"$OUT/membership.tsv"
  for size in 10 100 1000; do
    rounds=$(rounds 10 3) turns=$(rounds 3 1)
    # A 99th percentile wants a hundred samples.
    [ $size -ne 10 ] || rounds=${JOIN_ROUNDS:-$(rounds 34 5)}
    with_consul Membership "$size" "$turns" "$rounds" >>"$OUT/membership.tsv"
  done
  : >"$OUT/membership.$$"
}

# sampled BENCHMARK KIND UNIT [WORDS] — the samples of one kind as medians and tails, WORDS in front of each.
sampled() {
  grep "	$2\$" "$OUT/$1.tsv" | sed "s/^/${4:-}/" | distributions "$3" | measured "$1"
}

# single BENCHMARK KIND UNIT WORDS — what was measured once.
single() {
  awk -F '\t' -v kind="$2" -v unit="$3" -v words="$4" '$3 == kind {print words $1 "\t" $2 "\t" unit}' "$OUT/$1.tsv" | measured "$1"
}

# with_consul CLASS ARGUMENTS… — one of the benchmarks against a Consul of its own.
with_consul() {
  balancer_consul
  balancer_java "$@"
  end_consul
}

# peers_noted BENCHMARK — what the peers are.
peers_noted() {
  find_consul_template
  if [ -n "$CONSUL_TEMPLATE" ]; then
    noted "$1" "$("$CONSUL_TEMPLATE" -version 2>&1 | sed 's/ *()$//'), which waits for no quiet and runs haproxy -f FILE -sf \$(pidof haproxy)"
  else
    left_out "$1" consul-template "it is neither on PATH nor is Go here to compile it; a loop of curl and jq does its work"
  fi
  [ "$1" = lossless ] || noted "$1" "server-template: SRV records over TCP, with \"timeout resolve\" and \"hold valid\" as in its name, and \"hold obsolete 0s\""
}

# membership_figures KIND — medians, tails, and how many times longer than ours the others take.
membership_figures() {
  local figures
  peers_noted "$1"
  figures=$(grep "	$1\$" "$OUT/membership.tsv" | distributions ms)
  printf '%s\n' "$figures" | measured "$1"
  printf '%s\n' "$figures" | ratios | measured "$1"
}

# ratios — of medians to Rollcall's of the same pool.
ratios() {
  awk -F '\t' '
    !/, median of / {next}
    {
      name = $1; sub(/, median of .*/, "", name)
      size = name; sub(/.*, /, "", size)
      who = name; sub(/, [0-9]+ servers$/, "", who)
      if (who == "Rollcall") ours[size] = $2
      else {other[++n] = who; of[n] = size; value[n] = $2}
    }
    END {for (i = 1; i <= n; i++) if (ours[of[i]] > 0) printf "%s, %s, by ours\t%.1f\ttimes\n", other[i], of[i], value[i] / ours[of[i]]}'
}

bench_join() {
  memberships
  membership_figures join
  join_plot
}

# The median of each, by the size of the pool.
join_plot() {
  grep '	join$' "$OUT/membership.tsv" | distributions ms \
    | awk -F '\t' '/, median/ {n = split($1, w, ", "); size = w[n - 1]; sub(/ .*/, "", size); who = w[1]; for (i = 2; i < n - 1; i++) who = who ", " w[i]
        v[who, size] = $2; if (!(who in seen)) {seen[who]; order[++k] = who}}
      END {printf "servers"; for (i = 1; i <= k; i++) printf "\t%s", order[i]; print ""
        m = split("10 100 1000", s, " ")
        for (j = 1; j <= m; j++) {printf "%s", s[j]; for (i = 1; i <= k; i++) printf "\t%s", v[order[i], s[j]]; print ""}}' >"$OUT/join.medians"
  plot join <<'END'
set logscale xy
set xlabel "servers in the pool"
set ylabel "from register to the first answer, median, ms"
set key outside bottom center horizontal
set key autotitle columnhead
plot for [i=2:5] "join.medians" using 1:i with linespoints lw 2 pt 7
END
}

bench_leave() {
  memberships
  membership_figures leave
}

bench_burst() {
  local figures
  balancer_built
  with_consul Burst "$(rounds 3 1)" "${BURST_ROUNDS:-$(rounds 7 2)}" >"$OUT/burst.tsv"
  peers_noted burst
  figures=$(grep '	time$' "$OUT/burst.tsv" | distributions ms)
  printf '%s\n' "$figures" | measured burst
  sampled burst registered ms 'until Consul has registered all, '
  sampled burst changes changes 'changes of HAProxy by '
}

bench_growth() {
  local size
  balancer_built
  : >"$OUT/growth.tsv"
  for size in 50 500 5000; do
    with_consul Growth "$size" "$(rounds 30 5)" "$(rounds 20 5)" >>"$OUT/growth.tsv"
  done
  sampled growth time ms 'join, '
  single growth CPU ms 'CPU of a change, '
  single growth read KiB 'read from Consul for a change, '
  single growth resident MiB 'resident memory, '
  single growth idle '% of a core' 'idle, '
  growth_plot
}

growth_plot() {
  awk -F '\t' '$3 == "CPU" {split($1, n, " "); print n[1] "\t" $2}' "$OUT/growth.tsv" >"$OUT/growth.cpu"
  plot growth <<'END'
set logscale xy
set xlabel "servers in the pool"
set ylabel "CPU of lb-renderer for one change, ms"
plot "growth.cpu" using 1:2 with linespoints lw 2 pt 7 notitle
END
}

bench_services() {
  local count
  balancer_built
  : >"$OUT/services.tsv"
  for count in 1 100 1000; do
    with_consul Services "$count" "$(rounds 20 4)" "$(rounds 60 10)" >>"$OUT/services.tsv"
  done
  sampled services time ms 'join, '
  single services idle '% of a core' 'idle, '
  single services connections '' 'connections to Consul, '
  single services threads '' 'threads, '
  single services resident MiB 'resident memory, '
}

bench_lossless() {
  local who what changes
  . "$MEASURE/lib/load.sh"
  balancer_built
  step "Apache JMeter" install_jmeter
  changes=$(rounds 100 20)
  peers_noted lossless
  for who in ours reload; do
    what=Rollcall
    [ $who = ours ] || what="$(if [ -n "$CONSUL_TEMPLATE" ]; then echo consul-template; else echo curl loop; fi) and haproxy -sf"
    rm -rf "$OUT/lossless-$who"
    with_consul Lossless $who "$changes" "$MEASURE/bench.d/peers/load.sh" "$OUT/lossless-$who"
    load_outcome "$what, $changes changes" "$OUT/lossless-$who" | measured lossless
  done
}

# load_outcome WORDS DIRECTORY — of JMeter's record: how many requests, how many lost and how, and their times.
load_outcome() {
  awk -F , -v words="$1" -v end="$(cat "$2/end")" '
    $1 !~ /^[0-9]+$/ || $1 > end {next}
    {
      requests++
      if ($5 != "true") {lost++; kind = $4; sub(/.*[.]/, "", kind); kinds[kind]++}
      else times[++n] = $2
    }
    END {
      printf "%s: requests\t%d\t\n%s: lost\t%d\t\n", words, requests, words, lost
      for (kind in kinds) printf "%s: lost, %s\t%d\t\n", words, kind, kinds[kind]
      for (i = 1; i <= n; i++) count[times[i]]++
      for (t = 0; seen < 0.99 * n; t++) {seen += count[t]; if (!half && seen >= n / 2) half = t "x"}
      printf "%s: answered, median\t%d\tms\n%s: answered, p99\t%d\tms\n", words, half, words, t - 1
    }' "$2/load.csv"
}
