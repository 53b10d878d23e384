#!/bin/sh
# Holds the tree against the house rules: who includes whom, sizes, names, white space, folder pages.
# Prints each finding as file:line: what, and fails when there is one.
set -u
cd "$(dirname "$0")/../.." || exit 2
findings=$(mktemp)
trap 'rm -f "$findings"' EXIT
sources=$(find proto broker producers consumers tests -name '*.c' -o -name '*.h' | sort)

say() { printf '%s\n' "$1" >>"$findings"; }

# --- include directions ---------------------------------------------------------------------------
# forbid FOLDER PATTERN REASON: no file below FOLDER may include what matches PATTERN.
forbid() {
    grep -rnE "^#include [<\"]$2" "$1" --include='*.c' --include='*.h' 2>/dev/null |
        while IFS=: read -r file line text; do say "$file:$line: $3 ($text)"; done
}
above_base='proto/(event|wire|net|client|cli)/'
above_event='proto/(wire|net|client|cli)/'
above_wire='proto/(event|net|client|cli)/'
above_net='proto/(event|client|cli)/'
above_client='proto/(event|cli)/'
forbid proto '(broker|producers|consumers|tests)/' 'proto/ does not know its users'
forbid proto/base "$above_base" 'base/ stands on libc alone'
forbid proto/event "$above_event" 'event/ stands on base/'
forbid proto/wire "$above_wire" 'wire/ is blind to payloads'
forbid proto/net "$above_net" 'net/ stands on base/ and wire/'
forbid proto/client "$above_client" 'client/ is blind to payloads'
forbid broker '(producers|consumers|tests)/' 'the broker does not know its clients'
forbid broker 'proto/event/' 'the broker is blind to payloads'
forbid producers '(broker|consumers|tests)/' 'producers know proto/ alone'
forbid consumers '(broker|producers|tests)/' 'consumers know proto/ alone'
forbid consumers/evaluate '(proto/(net|client|cli|wire)/|proto/base/(clock|log|file)|stdio|time\.h)' 'evaluate/ is pure'
grep -nE '^#include <(zmq|czmq)' $sources | grep -v '^proto/net/' | while IFS=: read -r file line text; do
    say "$file:$line: only proto/net/ includes ZeroMQ"
done
grep -nE '^#include <lmdb' $sources | grep -vE '^(broker/journal/|proto/client/outbox|tests/)' |
    while IFS=: read -r file line text; do say "$file:$line: only the journal and the outbox include LMDB"; done
grep -nE '^#include "[^/"]+"' $sources | while IFS=: read -r file line text; do
    say "$file:$line: includes are written from the root ($text)"
done

# --- sizes ----------------------------------------------------------------------------------------
for file in $sources; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 600 ] || say "$file:1: $lines lines, 600 is the most"
done
# A function's body stands between a brace alone at the line's start and the next closing one. The
# table and the test macros of Criterion look the same and are counted too.
# shellcheck disable=SC2086
awk 'FNR == 1 { start = 0 }
     /^\{/ { start = FNR }
     /^\}/ { if (start && FNR - start - 1 > 80)
                 printf "%s:%d: a function of %d lines, 80 is the most\n", FILENAME, start, FNR - start - 1
             start = 0 }' $sources >>"$findings"
for file in $(find broker producers consumers -name main.c); do
    lines=$(wc -l <"$file")
    [ "$lines" -le 80 ] || say "$file:1: a main of $lines lines, 80 is the most"
done

# --- language -------------------------------------------------------------------------------------
# shellcheck disable=SC2086
{
    grep -nE '(^|[^:"])//' $sources | grep -vE '"[^"]*//[^"]*"' | grep -vE '^[^:]+:[0-9]+: \*|/\*.*//' |
        sed -E 's/^([^:]+:[0-9]+):.*/\1: comments are written \/* so *\//'
    grep -nP '\t' $sources | sed -E 's/^([^:]+:[0-9]+):.*/\1: a tab/'
    grep -nE '^typedef struct' $sources | sed -E 's/^([^:]+:[0-9]+):.*/\1: structs are not typedefed/'
    grep -nE '\b(sprintf|strcat|gets|tmpnam|system|alloca)\(' $sources |
        sed -E 's/^([^:]+:[0-9]+):.*/\1: a function that the house does not use/'
    grep -nE '\b(sleep|usleep|nanosleep)\(' $(printf '%s\n' $sources | grep '^tests/') |
        sed -E 's/^([^:]+:[0-9]+):.*/\1: a test that sleeps/'
} >>"$findings"

# --- pages ----------------------------------------------------------------------------------------
for folder in $(find proto broker producers consumers deploy tests -type d | sort); do
    ls "$folder" | grep -qvE '^(corpus|README.md)$' || continue
    case $folder in producers|consumers|*/corpus|*/corpus/*|tests/fuzz/corpus*) continue ;; esac
    if [ ! -f "$folder/README.md" ]; then
        say "$folder: has no README.md"
    elif [ "$folder" != proto ] && [ "$(wc -l <"$folder/README.md")" -gt 60 ]; then
        say "$folder/README.md: more than 60 lines"
    fi
done
# Each name in the first column of a folder page's table of files or folders is there: whole, or as the
# beginning of one (`guard` for guard.c and guard.h), or as a pattern.
for page in $(find proto broker producers consumers deploy tests -name README.md | sort); do
    folder=${page%README.md}
    awk -F'|' '/^\| *(file|folder) *\|/ { on = 1; next } !/^\|/ { on = 0 } on { print FNR ":" $2 }' "$page" |
        while IFS=: read -r line column; do
            for name in $(printf '%s' "$column" | grep -oE '`[^`]+`' | tr -d '`'); do
                # shellcheck disable=SC2086
                [ -n "$(ls -d "$folder"$name "$folder"$name.* 2>/dev/null)" ] ||
                    say "$page:$line: names $name, which is not there"
            done
        done
done
# And the other way round: each source file is on its folder's page, by its name or the beginning of it.
for file in $(git ls-files proto broker producers consumers tests | grep -E '\.(c|h|proto|sh|py)$'); do
    page=$(dirname "$file")/README.md
    name=$(basename "${file%.*}")
    until grep -qF -- "$name" "$page" 2>/dev/null; do
        case $name in
        *_*) name=${name%_*} ;;
        *) say "$page:1: does not name $file" && break ;;
        esac
    done
done
for entry in $(git ls-files | cut -d/ -f1 | sort -u); do
    case $entry in
    producers | broker | consumers | proto | tests | Makefile | README.md | deploy | .*) ;;
    *) say "$entry: does not belong at the top" ;;
    esac
done

# --- white space ----------------------------------------------------------------------------------
# shellcheck disable=SC2086
if command -v clang-format >/dev/null; then
    clang-format --dry-run $sources 2>&1 | grep -E 'warning:' | sed -E 's/: warning:.*/: white space (make format)/' |
        sort -u | awk -F: '!seen[$1]++' >>"$findings"
else
    echo 'lint: clang-format is not installed, white space was not checked' >&2
fi

if [ -s "$findings" ]; then
    sort -u "$findings"
    printf 'lint: %s findings\n' "$(sort -u "$findings" | wc -l)" >&2
    exit 1
fi
echo "lint: clean ($(printf '%s\n' $sources | wc -l) files)"
