# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What the parts of the benchmark share, on top of the network tests' lib.sh: samples, one JSON line each, and the
# file that a part makes of them. A part is sourced by nobody: run.sh starts it below isolate.sh.
#
#	bench_start PART
#	sample CASE METRIC UNIT ROUND VALUE [KEY=VALUE...]
#	unmeasured CASE WHY...
#	bench_end

# shellcheck source=selftests/lib.sh
. selftests/lib.sh
# shellcheck source=selftests/bench/machine.sh
. selftests/bench/machine.sh

BENCH_OUT=${BENCH_OUT:-selftests/bench/out}
BENCH_PART=
# One round or two are there to see that it works; whatever lasts can be short then.
BENCH_QUICK=
[ "${ROUNDS:-100}" -gt 3 ] || BENCH_QUICK=1

bench_say() {
	echo "bench: $BENCH_PART: $*" >&2
}

# seconds NORMAL QUICK: how long to measure, unless SECONDS= says so (which is bash's own name, hence the other one).
seconds() {
	if [ -n "${BENCH_SECONDS:-}" ]; then
		echo "$BENCH_SECONDS"
	else
		[ -z "$BENCH_QUICK" ] && echo "$1" || echo "$2"
	fi
}

bench_start() {
	BENCH_PART=$1
	mkdir -p "$BENCH_OUT"
	BENCH_SAMPLES=$(realpath "$BENCH_OUT")/$1.samples
	BENCH_JSON=${BENCH_SAMPLES%.samples}.json
	# What an earlier run left would be taken for the result of one that failed.
	rm -f "$BENCH_JSON"
	: >"$BENCH_SAMPLES"
	machine_json >"$TMP/machine.json"
	bench_say "$(jq -r '"\(.cores) cores, \(.busy_percent) % busy before it begins"' "$TMP/machine.json")"
}

# json_word TEXT: as a JSON number where it is one, else as a string.
json_word() {
	local text=$1
	if [[ $text =~ ^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$ ]]; then
		echo "$text"
		return
	fi
	text=${text//\\/\\\\}
	text=${text//\"/\\\"}
	echo "\"${text//$'\n'/ }\""
}

sample() {
	local line pair
	[ -n "${5:-}" ] || fail "not a sample: $*"
	line="{\"case\": $(json_word "$1"), \"metric\": \"$2\", \"unit\": \"$3\""
	line+=", \"round\": $(json_word "$4"), \"value\": $(json_word "$5")"
	for pair in "${@:6}"; do
		line+=", \"${pair%%=*}\": $(json_word "${pair#*=}")"
	done
	echo "$line}" >>"$BENCH_SAMPLES"
}

# unmeasured CASE WHY...: a peer that is not installed, a step that this machine cannot do; the report says so.
unmeasured() {
	bench_say "NOT MEASURED: $1: ${*:2}"
	echo "{\"unmeasured\": $(json_word "$1"), \"why\": $(json_word "${*:2}")}" >>"$BENCH_SAMPLES"
}

have() {
	command -v "$1" >/dev/null 2>&1
}

# As one would type it; BENCH_VARIABLES= names what else may be given to a part.
bench_command() {
	local name line="make bench-$BENCH_PART"
	[ -z "${ROUNDS:-}" ] || line+=" ROUNDS=$ROUNDS"
	[ -z "${BENCH_SECONDS:-}" ] || line+=" SECONDS=$BENCH_SECONDS"
	for name in ${BENCH_VARIABLES:-}; do
		case ${!name:-} in
		'') ;;
		*' '*) line+=" $name=\"${!name}\"" ;;
		*) line+=" $name=${!name}" ;;
		esac
	done
	echo "$line"
}

missing_peers() {
	local name
	for name in keepalived ucarp; do
		have $name || unmeasured $name "not installed"
	done
}

# Results of other parts, which lie in the tree as well, change nothing that is measured.
bench_commit() {
	local dirty=
	git diff --quiet HEAD -- . ':!selftests/bench/out' 2>/dev/null || dirty=-dirty
	echo "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)$dirty"
}

bench_end() {
	jq -sc -L selftests/bench --arg part "$BENCH_PART" --arg command "${BENCH_COMMAND:-$(bench_command)}" \
		--arg commit "$(bench_commit)" \
		--arg when "$(date -u +%Y-%m-%dT%H:%MZ)" --slurpfile machine "$TMP/machine.json" '
		include "stat";
		map(select(has("value"))) as $samples |
		{part: $part, command: $command, commit: $commit, when: $when, machine: $machine[0],
		 rounds: ($samples | map(.round | numbers) | max), unmeasured: map(select(has("why"))),
		 samples: $samples} | pack' "$BENCH_SAMPLES" >"$BENCH_JSON.new" || fail "the samples are no JSON"
	jq -e '.series | length > 0' "$BENCH_JSON.new" >/dev/null || fail "nothing was measured"
	mv "$BENCH_JSON.new" "$BENCH_JSON"
	rm -f "$BENCH_SAMPLES"
	bench_say "$(jq '[.series[].values | length] | add' "$BENCH_JSON") samples"
}
