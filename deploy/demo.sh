#!/usr/bin/env bash
# The whole pipeline on this machine, with the published figures: a broker, one agent for each
# reporting unit, the scorer and the alerter, each a process of its own, over CURVE on loopback.
#
#   deploy/demo.sh BUILD        stays up until Ctrl-C; with ONCE=1 it stops everything and exits
#
# Everything it makes is in RUN (build/run): keys, journal, outboxes, logs, configuration. A second run
# goes on where the first stopped: nothing is lost, nothing is sent twice.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
run=${RUN:-build/run}
units=(220000 220100 220200 220300 220400 220500 220600 220700 220800 222400)
export PATH="$PWD/$build:$PATH"
export SONGHUA_CONFIG=/dev/null # this run has its own settings, not those of /etc/songhua
pids=()

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] || say() { printf '\n%s\n' "$*"; }

# End what we started, last first, each by its own process id.
stop_all() {
    trap - EXIT INT TERM
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill "${pids[i]}" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
}
trap stop_all EXIT
trap 'exit 130' INT TERM

# start NAME PROGRAM ARGUMENTS…: in the background, with a log of its own.
start() {
    local name=$1
    shift
    "$@" >>"$run/log/$name.log" 2>&1 &
    pids+=($!)
}

# await NAME FILE: until the program has written the file, or has ended.
await() {
    for _ in $(seq 600); do
        [ -e "$2" ] && return
        kill -0 "${pids[-1]}" 2>/dev/null || break
        sleep 0.05
    done
    echo "$1 did not start; the end of $run/log/$1.log:" >&2
    tail -n 5 "$run/log/$1.log" >&2
    exit 70
}

# identity NAME ROLE REGION…: keys on the spot, and the public part to the broker.
identity() {
    local name=$1 role=$2 regions=()
    shift 2
    [ -e "$run/keys/$name.cert" ] && return
    for region in "$@"; do regions+=(--region "$region"); done
    songhua-agent keygen "$name" --role "$role" "${regions[@]}" --directory "$run/keys" >/dev/null
    [ "$name" = broker ] || songhua-broker authorize --access "$run/access" "$run/keys/$name.cert" >/dev/null
}

endpoint() { sed -n "s/^$1=//p" "$run/endpoints"; }

# A port of Songhua's own when it is free, else one of the system's choice.
port() {
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then echo "$2"; else echo "$1"; fi
}

mkdir -p "$run"/{keys,access,log,config}

say "1. Keys: a broker, ${#units[@]} reporting units, scorer, alerter, and a reader"
identity broker admin '*'
identity agent-220000 planner 220000 000000
for unit in "${units[@]:1}"; do identity "agent-$unit" agent "$unit"; done
identity scorer scorer '*'
identity alerter alerter '*'
identity reader reader '*'
ls "$run/access" | tr '\n' ' '
echo

say '2. The broker: LMDB journal, every batch flushed before it is acknowledged'
rm -f "$run/endpoints"
[ ! -d "$run/broker/journal" ] || songhua-broker upgrade --state "$run/broker" >/dev/null # of an older program
start broker songhua-broker run --state "$run/broker" --access "$run/access" --identity "$run/keys/broker.cert" \
    --publish "tcp://127.0.0.1:$(port 7301 '*')" --fetch "tcp://127.0.0.1:$(port 7302 '*')" \
    --live "tcp://127.0.0.1:$(port 7303 '*')" --http "127.0.0.1:$(port 7304 0)" \
    --journal-size 256MiB --endpoints-file "$run/endpoints"
await broker "$run/endpoints"
cat "$run/endpoints"

# One configuration file for each program, as it would stand in /etc/songhua.
for unit in "${units[@]}"; do
    cat >"$run/config/agent-$unit.yaml" <<YAML
broker: $(endpoint publish)
server-cert: $run/keys/broker.cert
identity: $run/keys/agent-$unit.cert
state: $run/agent-$unit
framework: deploy/framework/jilin-2021.yaml
region: "$unit"
YAML
done
for name in scorer alerter; do
    cat >"$run/config/$name.yaml" <<YAML
broker: $(endpoint publish)
fetch: $(endpoint fetch)
server-cert: $run/keys/broker.cert
identity: $run/keys/$name.cert
state: $run/$name
YAML
done
cat >"$run/config/reader.yaml" <<YAML
broker: $(endpoint fetch)
server-cert: $run/keys/broker.cert
identity: $run/keys/reader.cert
YAML

say '3. Scorer and alerter'
for name in scorer alerter; do start "$name" "songhua-$name" run --config "$run/config/$name.yaml"; done
echo "running, logs in $run/log"

say '4. The framework, published as an event, then the figures of each unit'
for unit in "${units[@]}"; do start "agent-$unit" songhua-agent run --config "$run/config/agent-$unit.yaml"; done
songhua-agent framework --config "$run/config/agent-220000.yaml" deploy/framework/jilin-2021.yaml
for unit in "${units[@]}"; do
    songhua-agent submit --config "$run/config/agent-$unit.yaml" "deploy/data/$unit.csv"
done
echo 'and what the province published in 2026:'
songhua-agent submit --config "$run/config/agent-220000.yaml" deploy/data/220000-2026.csv

say '5. Scored and judged: who stands where'
songhua-broker positions --config "$run/config/reader.yaml" --until-caught-up 60s scorer >/dev/null
songhua-broker positions --config "$run/config/reader.yaml" --until-caught-up 60s alerter
songhua-replay scores --latest --config "$run/config/reader.yaml" --indicator rd_intensity \
    --indicator sei_share --indicator prov_st_fund | grep -v '无数据'
all=$(songhua-replay scores --latest --config "$run/config/reader.yaml" --json)
without=$(grep -c '"judgement":"no_data"' <<<"$all" || true)
echo "and $(($(wc -l <<<"$all") - without)) judgements with figures in all, $without of what was not reported yet: songhua-replay scores --latest"

say '6. Alerts: targets that lag, and those that recovered'
songhua-alerts list --all --config "$run/config/reader.yaml"

say '7. The evaluation over three years, from the record'
songhua-scorer report --config "$run/config/scorer.yaml" --years 2022-2024 --output "$run/report-2022-2024.html"
songhua-scorer report --config "$run/config/scorer.yaml" --years 2022-2024 --format xlsx --output "$run/report-2022-2024.xlsx"
echo "$run/report-2022-2024.html and .xlsx"

say 'Four commands to try next (from this folder)'
cat <<TEXT
  $build/songhua-replay events --config $run/config/reader.yaml --region 220000 --indicator rd_intensity
  $build/songhua-alerts follow --config $run/config/reader.yaml --json
  $build/songhua-scorer explain rd_intensity 220000 --year 2024 --config $run/config/scorer.yaml
  $build/songhua-scorer verify --config $run/config/scorer.yaml
TEXT

[ -n "${ONCE:-}" ] && { stop_all; echo; echo 'Everything was stopped (ONCE=1).'; exit 0; }
echo
echo "Running. $(endpoint http)/metrics has the broker's numbers. Ctrl-C stops everything; make run goes on from here."
wait "${pids[0]}"
