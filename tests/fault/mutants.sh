#!/bin/sh
# Runs what must notice each broken promise: tests/fault/mutants.sh BUILD NUMBER…
# Prints the test that killed each mutant and fails when one survives. Number 0 breaks nothing and must
# survive what all the others are killed by, or the killing would prove nothing.
set -uf
build=$1
shift

# number, what is broken (proto/base/mutant.h), the tests that must notice
mutants() {
    cat <<'TABLE'
1 no-sync fault_power/*journal*
2 no-meta-sync fault_power/*journal*
3 early-ack fault_io/a_broker_whose_flush_fails*
4 rows-apart fault_power/*journal*
5 no-directory-sync fault_power/*outbox*
6 ignored-eio fault_io/each_write_and_flush_of_a_journal*
7 position-first fault_power/*service*
8 no-checksum journal_lmdb/a_damaged_record*
9 blind-repeat journal/another_batch*
10 first-frame publish_fetch/*
11 no-front fault_power/*journal*
TABLE
}

# The crash images of one or two lives are plenty for a promise that is broken all the time.
run() {
    IMAGES=3000 "$(dirname "$0")/../run.sh" "$build/mutant-$1" --filter "$2" --fail-fast \
        >"$build/mutant-$1/output" 2>&1
}

# A test that fails, crashes or does not end in time.
killer() {
    sed -n 's/^\[FAIL\] \([a-z_]*::[a-z0-9_]*\).*/\1/p' "$build/mutant-$1/output" | head -n 1
}

survivors=0
started=$(date +%s)
for number in "$@"; do
    if [ "$number" = 0 ]; then
        for filter in $(mutants | cut -d' ' -f3 | sort -u); do
            run 0 "$filter" && continue
            cat "$build/mutant-0/output"
            echo "mutants: $filter fails where nothing is broken" >&2
            exit 1
        done
        echo "mutant 0 none: survives everything, as it must"
        continue
    fi
    set -- $(mutants | grep "^$number ")
    run "$number" "$3"
    name=$(killer "$number")
    if [ -n "$name" ]; then
        echo "mutant $number $2: killed by $name"
    else
        echo "mutant $number $2: SURVIVES $3"
        tail -n 5 "$build/mutant-$number/output"
        survivors=$((survivors + 1))
    fi
done
echo "mutants: $survivors survive, $(($(date +%s) - started)) s"
[ "$survivors" = 0 ]
