#!/bin/sh
# tests/fuzz/run.sh BUILD SECONDS NAME…: run each target; new inputs go to the build, findings too.
set -eu
build=$1
seconds=$2
shift 2
failed=0
for name in "$@"; do
    found="$build/corpus/$name"
    seeds="tests/fuzz/corpus/$name"
    mkdir -p "$found"
    [ -d "$seeds" ] || seeds=
    echo "== $name for $seconds s"
    # shellcheck disable=SC2086
    if ! "$build/fuzz-$name" -max_total_time="$seconds" -timeout=300 -rss_limit_mb=2048 \
        -artifact_prefix="$build/finding-$name-" -print_final_stats=1 "$found" $seeds >"$build/$name.log" 2>&1; then
        echo "FINDING: see $build/$name.log"
        tail -n 20 "$build/$name.log"
        failed=1
    else
        grep -E 'stat::number_of_executed_units|stat::new_units_added' "$build/$name.log"
    fi
done
exit $failed
