# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Pairs in which nothing fails, each on a cable of its own, all at the same time: how often do roles change all the
# same? Ours at each interval and keepalived at its own, first on an idle machine, then with all processors busy, then
# busy and without real-time priority. Sourced by steady.sh.

# shellcheck source=selftests/bench/peers.sh
. selftests/bench/peers.sh

# 0.5ms-10 is little more patient than 1ms and stands longer stalls: its lease is never older than its last two heartbeats.
OURS=${OURS-100ms 10ms 5ms 2ms 1ms 0.5ms-10}
# In a window of their own: the more often all of these threads wake, the more they are in each other's way.
OURS_APART=${OURS_APART-0.5ms 0.25ms}
KEEPALIVED=${KEEPALIVED-1s 100ms 10ms 10ms-2}
# One window is a throw of dice where a setting changes roles about as often as that.
WINDOWS=${WINDOWS:-1}
# Its roles change many times a second.
KEEPALIVED_APART=${KEEPALIVED_APART-10ms-1}

# lease_ns PAIR, as the program derives it.
lease_ns() {
	ctl "$1a" check --json -c "$TMP/$1a.conf" | jq .timing.lease_ns
}

pair_plug() {
	netns_add "$1a"
	netns_add "$1b"
	ip -n "$1a" link add eth0 type veth peer name eth0 netns "$1b" || fail "no cable for $1"
	ip -n "$1a" addr add 198.18.0.1/16 brd + dev eth0
	ip -n "$1b" addr add 198.18.0.2/16 brd + dev eth0
	ip -n "$1a" link set eth0 up
	ip -n "$1b" link set eth0 up
}

# ours_start INTERVAL[-MISSES]: 5 without.
ours_start() {
	local i=0 host interval misses
	IFS=- read -r interval misses <<<"$1"
	for host in "ours-$1a" "ours-$1b"; do
		i=$((i + 1))
		member_conf "$host" $i 2 1 "$interval" "$misses"
		daemon_start "$host"
	done
	busywait 8000 all_owned 1 "ours-$1a" "ours-$1b" >/dev/null || fail "nobody owns of ours at $1"
}

# keepalived_pair_start INTERVAL[-MISSES]: 3 without.
keepalived_pair_start() {
	local interval seconds DOWN_AFTER
	IFS=- read -r interval DOWN_AFTER <<<"$1"
	seconds=$(awk -v t="${interval%s}" 'BEGIN { print t ~ /m$/ ? t / 1000 : t }')
	keepalived_start "keepalived-$1a" 254 "$seconds" "$VIP"
	keepalived_start "keepalived-$1b" 253 "$seconds" "$VIP"
}

# Takeovers so far, from its log: of both hosts, the first one included.
keepalived_masters() {
	cat "$TMP/peers/$1a/keepalived.log" "$TMP/peers/$1b/keepalived.log" | grep -c 'Entering MASTER STATE'
}

keepalived_settled() {
	[ "$(keepalived_masters "$1")" -ge 1 ]
}

pairs_start() {
	local t
	for t in $OURS; do
		ours_start "$t"
	done
	KEEPALIVED_NOW=$KEEPALIVED
	peer_missing keepalived && KEEPALIVED_NOW=
	for t in $KEEPALIVED_NOW; do
		keepalived_pair_start "$t"
	done
	for t in $KEEPALIVED_NOW; do
		busywait 10000 keepalived_settled "keepalived-$t" || fail "nobody owns of keepalived at $t"
	done
	# Three seconds more than its slowest needs: the first election of 1 s is no false takeover.
	sleep 3
}

pairs_stop() {
	local t side
	for side in a b; do
		for t in $OURS; do
			daemon_kill "ours-$t$side"
			ctl "ours-$t$side" detach --all >/dev/null
		done
		for t in $KEEPALIVED_NOW; do
			keepalived_stop "keepalived-$t$side"
		done
	done
}

followers_start() {
	local t side
	FOLLOWERS=
	for t in $OURS; do
		for side in a b; do
			owned_groups "ours-$t$side" >"$TMP/ours-$t$side.owned"
			follow "ours-$t$side" "$TMP/ours-$t$side.events" --json
			FOLLOWERS="$FOLLOWERS $FOLLOWER"
		done
	done
}

# Both hosts' edges in the order of one clock. A takeover: another host than before became owner. A lapse: the same
# one did, after it had ceased to be it. Stalled: so many of the takeovers came when a processor had just stood still
# for half of a lease or longer in a lease and a half, which no thread on this machine can help.
ours_count() {
	local t=$1 side
	for side in a b; do
		jq -c --arg side $side 'select(.event == "state" or .event == "peer") + {side: $side}' "$TMP/ours-$t$side.events"
	done | jq -s -r --slurpfile stalls "$TMP/stalls.json" --argjson lease "$(lease_ns "ours-$t")" --arg first "$([ "$(cat "$TMP/ours-${t}a.owned")" = 1 ] && echo a || echo b)" '
		def stalled($at): [$stalls[0].stalls[] | select(.at_ns >= $at - 1.5 * $lease and .at_ns - .late_ns <= $at)] |
			group_by(.cpu) | any((map(.late_ns) | add) >= $lease / 2);
		sort_by(.time_ns) | reduce .[] as $e ({owner: $first, takeovers: 0, stalled: 0, lapses: 0, down: 0, unowned_ns: 0};
			if $e.event == "peer" then (if $e.state == "down" then .down += 1 else . end)
			elif $e.to == "owner" then
				(if .owner == $e.side then .lapses += 1
				 else .takeovers += 1 | .stalled += (if stalled($e.time_ns) then 1 else 0 end) end) |
				(if .left_ns then .unowned_ns += ([$e.time_ns - .left_ns, 0] | max) else . end) |
				.owner = $e.side | .left_ns = null
			elif $e.from == "owner" and .owner == $e.side then .left_ns = $e.time_ns
			else . end) |
		"takeovers times \(.takeovers)", "stalled times \(.stalled)", "lapses times \(.lapses)", "peer_down times \(.down)",
		"unowned ms \(.unowned_ns / 1e6)"'
}

# cpu_of_pair CASE: processor time of all its processes.
cpu_of_pair() {
	local side pid
	for side in a b; do
		if [[ $1 == ours-* ]]; then
			pid_of "$1$side"
		else
			keepalived_pids "$1$side"
		fi
	done | while read -r pid; do
		cpu_ns "$pid"
	done | awk '{ ns += $1 } END { printf "%.0f\n", ns }'
}

pairs_cases() {
	local t
	for t in $OURS; do
		echo "ours-$t"
	done
	for t in $KEEPALIVED_NOW; do
		echo "keepalived-$t"
	done
}

# look FILE: the state of all counts now.
look() {
	local pair
	for pair in $(pairs_cases); do
		echo "$pair $(cpu_of_pair "$pair") $([[ $pair != keepalived-* ]] || keepalived_masters "$pair")"
	done >"$1"
}

# window_samples LOAD SECONDS NUMBER
window_samples() {
	local pair cpu0 cpu1 masters0 masters1 metric unit value keys="load=$1 seconds=$2"
	while read -r pair cpu0 masters0; do
		read -r _ cpu1 masters1 < <(grep "^$pair " "$TMP/look.1")
		# shellcheck disable=SC2086
		sample "$pair" cpu percent "$3" "$(awk -v ns=$((cpu1 - cpu0)) -v s="$2" 'BEGIN { print ns / s / 2e7 }')" $keys
		if [[ $pair == keepalived-* ]]; then
			# shellcheck disable=SC2086
			sample "$pair" takeovers times "$3" $((masters1 - masters0)) $keys
			continue
		fi
		while read -r metric unit value; do
			# shellcheck disable=SC2086
			sample "$pair" "$metric" "$unit" "$3" "$value" $keys
		done < <(ours_count "${pair#ours-}")
	done <"$TMP/look.0"
}

# What the hypervisor gave to others while a processor of ours had work, by its own account.
stolen_ms() {
	awk -v hz="$(getconf CLK_TCK)" '$1 == "cpu" { print $9 * 1000 / hz }' /proc/stat
}

# window LOAD NUMBER: counts for LOADED seconds, idle or busy.
window() {
	local busy='' stolen
	followers_start
	look "$TMP/look.0"
	if [ "$1" != idle ]; then
		"$OUT/bench/busy" "$(nproc)" $((2 * $(nproc))) &
		busy=$!
	fi
	stolen=$(stolen_ms)
	"$OUT/bench/stalls" "$LOADED" >"$TMP/stalls.json"
	stolen=$(($(stolen_ms) - stolen))
	# What the end of the load does is no part of it.
	look "$TMP/look.1"
	# shellcheck disable=SC2086
	kill $FOLLOWERS $busy
	# shellcheck disable=SC2086
	wait $FOLLOWERS $busy 2>/dev/null
	window_samples "$1" "$LOADED" "$2"
	sample "machine-$1" worst_stall ms "$2" "$(jq .worst_ms "$TMP/stalls.json")" "load=$1" "pairs=${OURS// /, }"
	sample "machine-$1" stalls_over_1ms times "$2" "$(jq .over_1ms "$TMP/stalls.json")" "load=$1" "pairs=${OURS// /, }"
	sample "machine-$1" stolen ms "$2" "$stolen" "load=$1" "pairs=${OURS// /, }"
	# shellcheck disable=SC2046
	bench_say "$1, $LOADED s, $stolen ms stolen: $(grep "\"load\": \"$1\"" "$BENCH_SAMPLES" | jq -sr --argjson n "$2" --args '
		[.[] | select(.round == $n and .metric == "takeovers" and (.case | IN($ARGS.positional[]))) | "\(.case) \(.value)"] | join(", ")' $(pairs_cases))"
}

# windows: those that are wanted, idle and busy in turns.
windows() {
	local number load
	for ((number = 1; number <= WINDOWS; number++)); do
		for load in idle loaded; do
			[[ " $LOADS " != *" $load "* ]] || window $load $number
		done
	done
}

# pairs_of OURS KEEPALIVED: all of these at once, under all loads.
pairs_of() {
	local t OURS=$1 KEEPALIVED=$2
	for t in $OURS; do
		pair_plug "ours-$t"
	done
	for t in $KEEPALIVED; do
		pair_plug "keepalived-$t"
	done
	pairs_start
	[[ " $OURS " != *" 10ms "* ]] || memory_samples ours-10ms-locked ours-10msa
	windows
	pairs_stop
	[[ " $LOADS " == *" loaded-not-realtime "* ]] || return 0
	REALTIME=false PEER_REALTIME='' pairs_start
	window loaded-not-realtime 1
	pairs_stop
}

pairs() {
	[ -z "$KEEPALIVED$KEEPALIVED_APART" ] || ! peer_missing keepalived || unmeasured keepalived "not installed"
	[ -z "${OURS// }${KEEPALIVED// }" ] || pairs_of "$OURS" "$KEEPALIVED"
	# Without real-time priority a pair below 1 ms only shows that it needs it.
	LOADS=${LOADS/loaded-not-realtime/}
	[ -z "${OURS_APART// }${KEEPALIVED_APART// }" ] || pairs_of "$OURS_APART" "$KEEPALIVED_APART"
}
