#!/bin/sh
# tests/bench/run.sh BUILD NAME…: run each benchmark; progress on stderr, figures on stdout.
set -eu
[ -n "${TEST_MEMORY:-}" ] || exec tests/support/tidy.sh "$0" "$@"
build=$1
shift
export SONGHUA_BUILD="$build" SONGHUA_CONFIG=/dev/null
status=0
for name in "$@"; do
    echo "== $name" >&2
    "$build/bench-$name" || status=1 # it has said why; the others go on
done
exit $status
