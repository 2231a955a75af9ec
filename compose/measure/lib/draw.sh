# shellcheck shell=bash
# Drawing by a seed: the same on every machine and in every version of bash, which $RANDOM is not. Sourced, never run.

DRAW_STATE=0 DRAWN=0

# draw_seed SEED — the same seed gives the same draws.
draw_seed() {
  DRAW_STATE=$(($1 & 0x7fffffff))
  for _ in {1..16}; do draw 1; done # seeds that lie side by side begin alike
}

# draw N — sets DRAWN to one of 0 … N-1. Not for a subshell, which would forget it.
draw() {
  DRAW_STATE=$(((DRAW_STATE * 1103515245 + 12345) & 0x7fffffff)) # the generator of the C standard's example
  # shellcheck disable=SC2034 # read by who draws
  DRAWN=$(((DRAW_STATE >> 16) % $1))
}
