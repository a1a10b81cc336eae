#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One voice, in one LAN: voice_lan.sh SAMPLES ROUNDS RATE "SYSTEM...", below isolate.sh. The owner's daemon is stopped
# until the new owner has answered for HOLD_MS, then woken. All systems take turns, in blocks of a few rounds.

# shellcheck source=selftests/bench/lib.sh
. selftests/bench/lib.sh
# shellcheck source=selftests/bench/systems.sh
. selftests/bench/systems.sh

BLOCK=5
HOLD_MS=2500
WARM_MS=100

# probe EVENT AFTER_MS TIMEOUT_MS: asks while that happens to OWNER, and AFTER_MS more than the first answer of STANDBY.
probe() {
	on c "$TOOLS/../bench/gapprobe" -i eth0 -o "$(mac_of "$OWNER")" -n "$(mac_of "$STANDBY")" -c 1 -r "$RATE" \
		-w $WARM_MS -a "$2" -t "$3" -x "$1:$(host_pids "$OWNER")" "$VIP" >"$TMP/probe.json" ||
		fail "no probe of $SYSTEM, $1"
}

# phase_samples PHASE ROUND
phase_samples() {
	jq -c --arg system "$SYSTEM" --arg phase "$1" --argjson round "$2" --argjson rate "$RATE" '
		{asked, by_both, wrong, old_announced} as $counts |
		{takeover: ((.first_new_ns - .event_ns) / 1e6),
		 old_for: (([.last_old_ns - ([.first_new_ns, .event_ns] | max), 0] | max) / 1e6)} as $times |
		($counts | to_entries[] | . + {unit: ""}),
		($times | to_entries[] | select($phase == "stopped" or .key != "takeover") | . + {unit: "ms"}) |
		{case: "\($system)/\($phase)", system: $system, phase: $phase, metric: .key, unit, round: $round,
		 rate: $rate, value}' "$TMP/probe.json" >>"$BENCH_SAMPLES"
}

VERDICT='if .first_new_ns == 0 then "none" elif .first_new_ns < .event_ns then "moved" else "good" end'

# Announcements that wait for a while, or an election, come within an interval or two.
woken_phase() {
	local back=0 was=$OWNER
	probe wake $((WARM_MS + 1000 + INTERVAL_MS)) $((1500 + INTERVAL_MS))
	phase_samples woken "$1"
	system_settle || return
	[ "$OWNER" != "$was" ] || back=1
	sample "$SYSTEM/woken" back "" "$1" $back "system=$SYSTEM" phase=woken
}

# False: the roles moved before anything was done to them; that is no round.
one_try() {
	local timeout_ms=$((500 + 6 * INTERVAL_MS + HOLD_MS))
	system_settle || return
	probe stop $HOLD_MS $timeout_ms
	case $(json "$VERDICT" "$TMP/probe.json") in
	moved)
		host_wake "$OWNER"
		return 1
		;;
	none)
		unmeasured "$SYSTEM" "round $1: no takeover in $timeout_ms ms"
		host_wake "$OWNER"
		;;
	good)
		phase_samples stopped "$1"
		woken_phase "$1" || unmeasured "$SYSTEM/woken" "round $1: no single owner after it"
		;;
	esac
}

# block FIRST LAST: rounds of that number, from a fresh start.
block() {
	local n
	INTERVAL_MS=$(interval_ms)
	# Limits: a whole number of them, and rather more.
	INTERVAL_MS=$((${INTERVAL_MS%.*} + 1))
	system_start
	for ((n = $1; n <= $2; n++)); do
		one_round "$SYSTEM" "$n" one_try "$n"
		[ $DISCARDED = 0 ] || sample "$SYSTEM/stopped" discarded tries "$n" $DISCARDED "system=$SYSTEM" phase=stopped
	done
	system_stop
}

all_blocks() {
	local first last system
	for ((first = 1; first <= ROUNDS; first += BLOCK)); do
		last=$((first + BLOCK - 1 < ROUNDS ? first + BLOCK - 1 : ROUNDS))
		for system in $SYSTEMS; do
			system_setup "$system" 1
			system_missing || block "$first" "$last"
			bench_say "$SYSTEM: round $last of $ROUNDS"
		done
	done
}

BENCH_PART=voice BENCH_SAMPLES=$1 ROUNDS=$2 RATE=$3 SYSTEMS=$4
lan_up
all_blocks
