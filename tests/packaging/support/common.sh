# shellcheck shell=bash disable=SC2034 # who sources this uses them
# What the parts of tests/packaging share: counting, and folders. To be sourced.

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd -P)
# Roots of other Debians, packages and what else is worth keeping from one run to the next.
kept=$(realpath -m -- "${PORTCULLIS_PACKAGING_FOLDER:-/var/tmp/portcullis-packaging}")
passed=0
failed=0
export LC_ALL=C.UTF-8

say() {
  echo "== $*"
}

# check WHAT COMMAND...: counts, and shows the output of a command that failed. It runs in this
# shell, so that what it sets is kept.
check() {
  local what=$1 output started=$SECONDS status=0
  shift
  output=$(mktemp)
  "$@" >"$output" 2>&1 </dev/null || status=$?
  if [[ $status -eq 0 ]]; then
    passed=$((passed + 1))
    echo "ok    $what ($((SECONDS - started)) s)"
  else
    failed=$((failed + 1))
    echo "FAIL  $what"
    tail -n 60 "$output" | sed 's/^/      /'
  fi
  rm -f "$output"
  return "$status"
}

# shows WHAT TEXT COMMAND...: as check, and the output must hold the text.
shows() {
  local what=$1 text=$2 output
  shift 2
  output=$("$@" 2>&1 </dev/null) || true
  check "$what" test "${output#*"$text"}" != "$output" || { tail -n 60 <<<"$output"; return 1; }
}

# skip WHAT WHY: said plainly, and not counted.
skip() {
  echo "SKIP  $1: $2"
}

finish() {
  echo
  echo "$passed passed, $failed failed"
  [[ $failed -eq 0 && $passed -gt 0 ]]
  exit
}

give_up() {
  echo "$(basename "$0"): $*" >&2
  failed=$((failed + 1))
  finish
}

need_root() {
  [[ $EUID -eq 0 ]] || give_up "only root can make another Debian; use sudo"
}
