#!/bin/sh
# tests/support/tidy.sh CMD…: run CMD with a TMPDIR of its own, and a TEST_MEMORY in memory where there is one;
# both go when CMD ends or is ended; KEEP=1 keeps them. A CMD that succeeds and leaves something there all the
# same has failed.
set -u
parent=$(mktemp -d "${TMPDIR:-/tmp}/songhua-XXXXXX") || exit 1
chmod 755 "$parent" # some programs under it give up root
memory=$(mktemp -d /dev/shm/songhua-XXXXXX 2>/dev/null) || memory=$parent
child=

# What lives in CMD's session: Criterion's tests have process groups of their own.
members() {
    for stat in /proc/[0-9]*/stat; do
        { read -r line <"$stat"; } 2>/dev/null || continue
        pid=${line%% *}
        # shellcheck disable=SC2086
        set -- ${line##*) } # state, parent, group, session
        [ "$1" = Z ] || [ "$4" != "$child" ] || echo "$pid"
    done
}

finish() {
    trap '' INT TERM HUP
    if [ -n "$child" ]; then
        kill -s TERM -- "-$child" 2>/dev/null
        tries=50
        while pids=$(members) && [ -n "$pids" ]; do
            # shellcheck disable=SC2086
            [ "$tries" -gt 0 ] || kill -s KILL $pids 2>/dev/null
            tries=$((tries - 1))
            sleep 0.1
        done
    fi
    if [ -n "${KEEP:-}" ]; then
        echo "kept: $parent $memory" >&2
    else
        rm -rf --one-file-system "$parent" "$memory"
    fi
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# A session of its own, so that all of it can be ended.
TMPDIR=$parent TEST_MEMORY=$memory setsid "$@" &
child=$!
status=0
wait "$child" || status=$?
if [ "$status" = 0 ]; then
    left=$(ls -A "$parent"; [ "$memory" = "$parent" ] || ls -A "$memory")
    [ -z "$left" ] || { echo "$1: succeeded, but left behind: $left" >&2; status=1; }
fi
exit "$status"
