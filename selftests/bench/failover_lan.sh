#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Crash failover in one LAN: failover_lan.sh SAMPLES ROUNDS RATE "SYSTEM/COUNT..." "FAULT...", below isolate.sh.
# All systems take turns, each in blocks of a few rounds of each fault.

# shellcheck source=selftests/bench/lib.sh
. selftests/bench/lib.sh
# shellcheck source=selftests/bench/systems.sh
. selftests/bench/systems.sh

BLOCK=10

# What one round says, as samples; times in milliseconds. When a cable is pulled the kernel takes its time over it:
# the event is then the last answer that still came through.
round_samples() {
	jq -c --arg system "$SYSTEM" --argjson count "$COUNT" --arg fault "$1" --argjson round "$2" \
		--argjson edge "$3" --argjson g_ns "$4" '
		def ms: . / 1e6;
		(if $fault == "unplugged" then [.event_ns, .last_old_before_ns] | max else .event_ns end) as $event |
		{takeover: (.first_new_ns - $event), nobody: .silence_ns,
		 both: ([.last_old_ns - .first_new_ns, 0] | max),
		 last: (.last_sign_ns - $event), first: (.first_sign_ns - $event),
		 refused_until: ([.last_refused_ns - .first_new_ns, 0] | max),
		 prober_late: .late_ns, prober_late_at_end: .late_edge_ns} as $times |
		($edge | if . == null then {} else
			{phase: (.time_ns - .silence_ns - $event), detection: $g_ns, wake: .late_ns,
			 flip: (.silence_ns - $g_ns - .late_ns), answer: ([$times.takeover + $event - .time_ns, 0] | max)}
		end) as $stages |
		($stages + (if $edge and .garp_ns > 0 then {announce: (.garp_ns - $edge.time_ns)} else {} end)) as $stages |
		($times + $stages | to_entries[] | {metric: .key, unit: "ms", value: (.value | ms)}),
		({asked, unanswered, by_both, wrong, announced, refused, asked_soon} | to_entries[] |
			{metric: .key, unit: "", value}) |
		{case: "\($system)/\($count)/\($fault)", system: $system, addresses: $count, fault: $fault,
		 metric, unit, round: $round, value}' "$TMP/probe.json"
}

# own_edge HOST: the first takeover since the fault that the new owner's own daemon told of, or null. Not the last: at
# the shortest intervals it may have lapsed and claimed again before the look ends.
own_edge() {
	[ -e "$TMP/$1.edges" ] || { echo null && return; }
	jq -sc --slurpfile probe "$TMP/probe.json" 'map(select(.event == "state" and .to == "owner" and .silence_ns and
		.time_ns > ([$probe[0].event_ns, $probe[0].last_old_before_ns] | min))) | first' "$TMP/$1.edges"
}

followers_start() {
	FOLLOWERS=()
	[ "$KIND" = ours ] || return
	for host in h1 h2; do
		follow $host "$TMP/$host.edges" --json
		FOLLOWERS+=("$FOLLOWER")
	done
}

followers_stop() {
	[ ${#FOLLOWERS[@]} -gt 0 ] || return
	kill "${FOLLOWERS[@]}"
	wait "${FOLLOWERS[@]}" 2>/dev/null
	rm -f "$TMP"/h[12].edges
}

silence_ns() {
	[ "$KIND" = ours ] || { echo 0 && return; }
	ctl h1 check --json -c "$TMP/h1.conf" | jq '.timing.g_ns'
}

PROBE_VERDICT='if .first_new_ns == 0 then "none" elif .first_new_ns < .event_ns then "moved"
	elif .served < .addresses then "partly" else "good" end'

# False: the roles moved before anything was done to them; that is no round.
one_try() {
	local fault=$1 number=$2 status=0 timeout_ms=$((2000 + 8 * ${INTERVAL_MS%.*}))
	system_settle || return
	on c "$TOOLS/../bench/gapprobe" -i eth0 -o "${MAC[$OWNER]}" -n "${MAC[$STANDBY]}" -c "$COUNT" \
		-r "$RATE" -w $((50 + RANDOM % (50 + ${INTERVAL_MS%.*}))) -t "$timeout_ms" -a 100 \
		-x "$(hurt_of "$fault" "$OWNER")" "$VIP" >"$TMP/probe.json" || fail "no probe of $SYSTEM, $fault"
	case $(json "$PROBE_VERDICT" "$TMP/probe.json") in
	moved) status=1 ;;
	none) unmeasured "$SYSTEM/$COUNT/$fault" "round $number: no takeover in $timeout_ms ms" ;;
	partly) unmeasured "$SYSTEM/$COUNT/$fault" "round $number: not all addresses in $timeout_ms ms" ;;
	good) round_samples "$fault" "$number" "$(own_edge "$STANDBY")" "$G_NS" >>"$BENCH_SAMPLES" ;;
	esac
	mend "$fault" "$OWNER"
	return $status
}

# block FIRST LAST FAULT...: rounds of that number, from a fresh start. Where roles do not stay for as long as a round
# takes, three rounds tell.
block() {
	local first=$1 last=$2 fault n lost
	shift 2
	system_start
	G_NS=$(silence_ns) INTERVAL_MS=$(interval_ms)
	followers_start
	for fault; do
		lost=0
		for ((n = first; n <= last && lost < 3; n++)); do
			one_round "$SYSTEM/$COUNT/$fault" "$n" one_try "$fault" "$n"
			[ $DISCARDED = 0 ] || sample "$SYSTEM/$COUNT/$fault" discarded tries "$n" $DISCARDED \
				"system=$SYSTEM" "addresses=$COUNT" "fault=$fault"
			[ $DISCARDED = 3 ] && lost=$((lost + 1)) || lost=0
		done
		[ $lost -lt 3 ] || unmeasured "$SYSTEM/$COUNT/$fault" "rounds $n to $last: given up after three in a row"
	done
	followers_stop
	system_stop
}

all_blocks() {
	local first last pair
	for ((first = 1; first <= ROUNDS; first += BLOCK)); do
		last=$((first + BLOCK - 1 < ROUNDS ? first + BLOCK - 1 : ROUNDS))
		for pair in $PAIRS; do
			system_setup "${pair%/*}" "${pair#*/}"
			system_missing || block "$first" "$last" $FAULTS
			bench_say "$SYSTEM, $COUNT addresses: round $last of $ROUNDS"
		done
	done
}

BENCH_PART=failover BENCH_SAMPLES=$1 ROUNDS=$2 RATE=$3 PAIRS=$4 FAULTS=$5
lan_up
declare -A MAC=([h1]=$MAC1 [h2]=$MAC2)
all_blocks
