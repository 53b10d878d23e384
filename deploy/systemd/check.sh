#!/bin/sh
# How exposed each unit is, by systemd's own count: 0 is best, above 2.0 fails. And whether it can be read.
set -u
cd "$(dirname "$0")" || exit 2
if ! command -v systemd-analyze >/dev/null; then
    echo 'systemd-check: skipped: systemd-analyze is not installed (Debian package systemd)'
    exit 0
fi
status=0
for unit in *.service; do
    line=$(systemd-analyze security --offline=true --no-pager --threshold=20 "$PWD/$unit" 2>&1) || status=1
    score=$(printf '%s\n' "$line" | sed -n 's/.*exposure level for [^:]*: \([0-9.]*\).*/\1/p')
    printf '%-26s %s\n' "$unit" "${score:-no score: $line}"
    [ -n "$score" ] || status=1
    # The programs and their pages need not be installed here; anything else that is said is a mistake.
    said=$(systemd-analyze verify "$PWD/$unit" 2>&1 | grep -vE "is not executable|Command 'man |^ *$")
    [ -z "$said" ] || { printf '%s\n' "$said"; status=1; }
done
[ $status = 0 ] && echo 'systemd-check: every unit at or below 2.0'
exit $status
