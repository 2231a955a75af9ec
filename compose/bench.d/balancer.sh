# shellcheck shell=bash
# How soon and how cheaply HAProxy follows Consul: lb-renderer, and what people use instead. Sourced by compose/bench.

BENCHMARKS+=(
  "join:from register until the new instance answers through HAProxy, in pools of 10, 100 and 1,000 (JOIN_ROUNDS)"
  "leave:from leave until HAProxy sends it nothing new; measured together with join"
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

# balancer_consul — a Consul whose API and DNS are reached at its own address, through no forwarded port.
balancer_consul() {
  local deadline=$((SECONDS + 60))
  CONSUL_CONTAINER=$(docker run -d --label "$BENCH_LABEL" "$CONSUL_IMAGE" agent -dev -client 0.0.0.0 -log-level warn)
  CONSUL_HTTP_ADDR=http://$(docker inspect -f '{{.NetworkSettings.IPAddress}}' "$CONSUL_CONTAINER"):8500
  export CONSUL_HTTP_ADDR
  until curl -sf --max-time 2 "$CONSUL_HTTP_ADDR/v1/status/leader" | grep -q :; do
    [ $SECONDS -lt $deadline ] || die "$EXIT_FAILED" "Consul in $CONSUL_CONTAINER elects no leader within 60 s"
    sleep 0.2
  done
}

# balancer_java CLASS ARGUMENTS… — one of the benchmarks; its progress goes to the terminal.
balancer_java() {
  local class=$1
  shift
  find_consul_template
  BENCH_LABEL=$BENCH_LABEL \
    bench_java -Xmx512m "-Dlb-renderer.jar=$BALANCER/lb-renderer.jar" "-Dbench.scripts=$HERE/bench.d" \
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
    [ $size -ne 10 ] || rounds=$(rounds "${JOIN_ROUNDS:-34}" 5)
    balancer_consul
    balancer_java Membership "$size" "$turns" "$rounds" >>"$OUT/membership.tsv"
    end_consul
  done
  : >"$OUT/membership.$$"
}

# membership_figures KIND — medians, tails, and how many times longer than ours the others take.
membership_figures() {
  local figures
  find_consul_template
  if [ -n "$CONSUL_TEMPLATE" ]; then
    noted "$1" "$("$CONSUL_TEMPLATE" -version 2>&1 | sed 's/ *()$//'), which waits for no quiet and runs haproxy -f FILE -sf \$(pidof haproxy)"
  else
    left_out "$1" consul-template "it is neither on PATH nor is Go here to compile it; a loop of curl and jq does its work"
  fi
  noted "$1" "server-template: SRV records over TCP, with \"timeout resolve\" and \"hold valid\" as in its name, and \"hold obsolete 0s\""
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
      if (who == "Rollcall") ours[size] = $3
      else {other[++n] = who; of[n] = size; value[n] = $3}
    }
    END {for (i = 1; i <= n; i++) if (ours[of[i]] > 0) printf "%s, %s, by ours\t%.1f\ttimes\n", other[i], of[i], value[i] / ours[of[i]]}'
}

bench_join() {
  memberships
  membership_figures join
}

bench_leave() {
  memberships
  membership_figures leave
}
