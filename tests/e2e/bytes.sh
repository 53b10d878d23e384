#!/bin/sh
# make bytes: the worked examples by the same program from two compilers, without and with optimisation.
# Every build must write the same bytes; arguments are the builds (build/release …).
set -eu
examples="rd-provinces two-columns hdi hdi-2023 sdg-canada asem"
provinces=$(ls deploy/data/*.csv | grep -v README)
moment=2026-06-01
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for build in "$@"; do
    out="$work/$(basename "$build")"
    mkdir "$out"
    for name in $examples; do
        "$build/songhua-scorer" evaluate --framework "deploy/framework/$name.yaml" --as-of "$moment" --json \
            --observations "deploy/data/examples/$name.csv" >"$out/$name"
    done
    # shellcheck disable=SC2086
    "$build/songhua-scorer" evaluate --framework deploy/framework/jilin-2021.yaml --as-of "$moment" --json \
        --observations $provinces >"$out/jilin-2021"
    (cd "$out" && sha256sum -- *) >"$out.sums"
done
first="$work/$(basename "$1").sums"
status=0
for build in "$@"; do
    if cmp -s "$first" "$work/$(basename "$build").sums"; then
        echo "same bytes: $build"
    else
        echo "other bytes: $build" >&2
        diff "$first" "$work/$(basename "$build").sums" >&2 || true
        status=1
    fi
done
cat "$first"
exit $status
