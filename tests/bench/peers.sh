#!/bin/sh
# tests/bench/peers.sh BUILD PEER…: our own figures and the peers', one after the other on this machine,
# then one table with ratios. JSON=1 prints the figures alone.
set -eu
[ -n "${TEST_MEMORY:-}" ] || exec tests/support/tidy.sh "$0" "$@"
build=$1
shift
export SONGHUA_BUILD="$build" SONGHUA_CONFIG=/dev/null
figures=$(mktemp)
trap 'rm -f "$figures"' EXIT
JSON=1 RUNS="${RUNS:-3}" "$build/bench-ingest" >>"$figures"
JSON=1 RUNS="${RUNS:-3}" "$build/bench-fetch" >>"$figures"
for peer in "$@"; do
    echo "== $peer" >&2
    JSON=1 RUNS="${RUNS:-3}" "$build/peer-$peer" >>"$figures" ||
        echo "$peer: no figures, for the reason above; it is left out" >&2
done
if [ -n "${JSON:-}" ]; then
    cat "$figures"
    exit
fi
# name | what is promised when it is acknowledged | our figure for the same work
awk -F'[":,]+' '
    function row(name, promise, ours) {
        if (name in of)
            printf "%-32s %10.0f  %-44s %5.1f x  (%s)\n", name, of[name], promise, of[ours] / of[name], ours
    }
    { for (i = 1; i < NF; i++) { if ($i == "name") name = $(i + 1); if ($i == "median") of[name] = $(i + 1) } }
    END {
        printf "%-32s %10s  %-44s %s\n", "128-byte events", "events/s", "an acknowledged event", "Songhua is"
        row("ingest.curve.128", "flushed, encrypted, digest, signed", "ingest.curve.128")
        row("ingest.curve.128.random", "the same, events that do not compress", "ingest.curve.128")
        row("peer.jetstream.publish", "not flushed, plain; asynchronous", "ingest.curve.128")
        row("peer.jetstream.publish_packed", "not flushed, plain; 255 packed by hand", "ingest.curve.128")
        row("peer.redis.always", "flushed, plain; pipelined", "ingest.curve.128")
        row("peer.redis.everysec", "flushed within a second, plain; pipelined", "ingest.curve.128")
        row("peer.rabbitmq.publish", "flushed, plain; quorum queue, confirms", "ingest.curve.128")
        row("peer.rabbitmq.stream", "not flushed, plain; stream, confirms", "ingest.curve.128")
        row("peer.mosquitto.publish", "not flushed, plain; QoS 1, asynchronous", "ingest.curve.128")
        row("ingest.one_per_message.curve", "flushed, encrypted; each event a message", "ingest.one_per_message.curve")
        row("peer.jetstream.publish", "not flushed, plain; each event a message", "ingest.one_per_message.curve")
        row("fetch.warm", "read back, decrypted, decoded", "fetch.warm")
        row("peer.jetstream.replay", "read back, bytes only; ordered consumer", "fetch.warm")
    }' "$figures"
