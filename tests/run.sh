#!/bin/sh
# Runs every test of a build: tests/run.sh BUILD [Criterion options]
# Reports of the sanitizers, also those of programs that a test starts, go to files: Criterion does not
# look at how a test's process ends, so a report would otherwise be printed and forgotten.
set -eu
[ -n "${TEST_MEMORY:-}" ] || exec tests/support/tidy.sh "$0" "$@"
build=$1
shift
reports="$PWD/$build/reports"
rm -rf "$reports"
mkdir -p "$reports"
# The machine's own settings are not the tests': neither /etc/songhua nor SONGHUA_… in the environment.
for name in $(env | sed -n 's/^\(SONGHUA_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
export SONGHUA_CONFIG=/dev/null
export SONGHUA_BUILD="$build"
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1:verify_asan_link_order=0:log_path=$reports/asan}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:log_path=$reports/ubsan}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-log_path=$reports/tsan:suppressions=$PWD/tests/support/tsan.supp}"
export LSAN_OPTIONS="${LSAN_OPTIONS:-print_suppressions=0:suppressions=$PWD/tests/support/lsan.supp}"
echo "Running every test in $build"
status=0
"$build/songhua-tests" -j"$(nproc)" "$@" >"$build/tests.log" 2>&1 &
tests=$!
trap 'rm -f "/tmp/criterion_$tests.sock"' EXIT # stays when it fails fast or is ended
trap 'exit 143' INT TERM
wait "$tests" || status=$?
cat "$build/tests.log"
if [ "$status" != 0 ]; then
    echo "What failed, from $build/tests.log:"
    grep -E '^(world:|\[----\]|\[FAIL\])' "$build/tests.log" || true
fi
for report in "$reports"/*; do
    [ -s "$report" ] || continue
    echo "sanitizer report $report:"
    head -n 40 "$report"
    status=1
done
exit $status
