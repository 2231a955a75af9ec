# shellcheck shell=bash
# The keys that these scripts keep in compose/.env, which Compose reads by itself. Other lines stay as they are.
# Sourced, never run.

readonly DOTENV=$HERE/.env

# dotenv_get KEY — its value, empty if it has none.
dotenv_get() {
  [ -r "$DOTENV" ] || return 0
  sed -n "s/^$1=//p" "$DOTENV" | tail -n 1
}

# dotenv_put KEY=VALUE… — sets these keys; the file is replaced in one piece, readable by its owner alone.
dotenv_put() {
  dotenv_edit "$(printf '%s\n' "${@%%=*}")" <<<"$(printf '%s\n' "$@")"
}

# dotenv_drop KEY… — removes these keys.
dotenv_drop() { dotenv_edit "$(printf '%s\n' "$@")" </dev/null; }

# dotenv_edit KEYS — drops the keys (one a line), then appends standard input.
dotenv_edit() {
  local fresh
  [ -n "$1" ] || return 0
  fresh=$(umask 077 && mktemp "$DOTENV.XXXXXX")
  if [ -r "$DOTENV" ]; then
    awk -v keys="$1" 'BEGIN {n = split(keys, k, "\n"); for (i = 1; i <= n; i++) drop[k[i]]}
      {key = $0; sub(/=.*/, "", key)} !(key in drop)' "$DOTENV" >"$fresh"
  fi
  grep -v '^$' >>"$fresh" || true
  mv -f "$fresh" "$DOTENV"
}
