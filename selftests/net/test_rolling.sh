# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# One member after the other reads a file with a shorter interval, and then the one before again. Among voters that beat
# once in 50 ms a lease of 40 ms runs out again and again, and all groups are claimed without end, unless they beat as
# often as the fastest of them needs. Eight members at 1 ms are too much for two processors, so the step is from 50 to
# 10 ms; daemons have real-time priority.
# alone: leases of 40 ms, and what is judged is who let one run out.

LONG=50ms SHORT=10ms

# A stall of the machine itself for so long may have ended a lease, which is renewed each 10 ms.
STALL_NS=8000000
# For so long after it a lease may end for its sake and the group be claimed anew: L of a long one and more.
AFTER=1

hosts() {
	seq -f h%g 1 "$MEMBERS"
}

# The owner of the first group is the first to have short leases and the last to have long ones again.
first_owner() {
	echo "h$(owners | sed -n 's/^g1 n//p')"
}

# conf_rolling HOST INTERVAL
conf_rolling() {
	local n=${1#h} i
	key_write
	{
		echo "node = \"n$n\""
		echo "quorum = true"
		echo "heartbeat { interval = \"$2\" misses = 5 drift = \"0.1%\" settle = \"200us\" key-file = \"$TMP/key\" }"
		for ((i = 1; i <= MEMBERS; i++)); do
			[ $i = "$n" ] || echo "peer \"n$i\" { address = \"198.18.0.$i\" }"
		done
		for ((i = 1; i <= NGROUPS; i++)); do
			echo "group \"g$i\" { interface = \"eth0\" addresses = { \"198.18.1.$i/16\" } }"
		done
	} >"$TMP/$1.conf"
}

# owners: of each group that has one, or more, by their own words.
owners() {
	local host
	for host in $(hosts); do
		ctl "$host" status --json 2>/dev/null
	done | jq -rs '[.[] | .node as $node | .groups[] | select(.state == "owner" and .lease == "live") | {name, $node}] |
		group_by(.name)[] | "\(.[0].name) \([.[].node] | join(","))"'
}

# Each group has one owner, and some heartbeats later the same.
settled() {
	local first
	first=$(owners)
	[ "$(grep -c '^g[0-9]* n[0-9]*$' <<<"$first")" = "$NGROUPS" ] || return
	sleep 0.3
	[ "$first" = "$(owners)" ]
}

rolling_up() {
	local host
	lan_up
	for host in $(hosts); do
		[ -e "/run/netns/$host" ] || host_add "$host" "198.18.0.${host#h}/16"
		conf_rolling "$host" "$LONG"
		daemon_start "$host"
	done
	busywait 20000 settled || fail "no owner of each group: $(owners)"
	on_exec sw "$OUT/bench/stalls" 900 >"$TMP/stalls.json" &
	STALLS=$!
	ASK_RATE=200 ask_begin
}

# conf_reload INTERVAL HOST...: one after the other.
conf_reload() {
	local interval=$1 host
	shift
	for host in "$@"; do
		conf_rolling "$host" "$interval"
		ctl "$host" reload >"$TMP/reload.txt" 2>&1 || fail "reload of $host to $interval: $(cat "$TMP/reload.txt")"
	done
}

# rolled INTERVAL COMMAND...: and what all logs say meanwhile, in a file of its own.
rolled() {
	local interval=$1 host begun
	shift
	begun=$(awk -v ns="$("$TOOLS/sig" 0 0)" 'BEGIN { printf "%.6f", ns / 1e9 }')
	"$@"
	sleep 0.5
	for host in $(hosts); do
		sed "s/^/$host /; s/\[\([0-9.]*\)\]/\1/" "$TMP/$host.log"
	done | awk -v begun="$begun" '$2 >= begun' >"$TMP/rolled.$interval"
}

# For long enough no lease is that of a reload, 1 s, any more, and the owner alone has a short one.
# shellcheck disable=SC2046
roll_down() {
	local owner
	owner=$(first_owner)
	conf_reload "$SHORT" "$owner"
	sleep 2
	conf_reload "$SHORT" $(hosts | grep -vx "$owner")
}

# shellcheck disable=SC2046
roll_up() {
	local owner
	owner=$(first_owner)
	conf_reload "$LONG" $(hosts | grep -vx "$owner")
	sleep 2
	conf_reload "$LONG" "$owner"
}

# excuses: from when to when, in seconds, the machine answers for what happened: it stood still, or by the words of an owner
# that lost its lease, or of a candidate, that one slept itself, or heard nothing of somebody for longer than any interval.
excuses() {
	jq -r --argjson stall $STALL_NS '.stalls[] | select(.late_ns >= $stall) | "\((.at_ns - .late_ns) / 1e9) \(.at_ns / 1e9)"' \
		"$TMP/stalls.json"
	sed -n 's/^h[0-9]* \([0-9.]*\) .*\(: owner ->\|candidate\).*silence \([0-9.]*\) ms, late \([0-9.]*\) ms.*/\1 \3 \4/p' "$ROLLED" |
		awk '$2 > 60 || $3 > 8 { print $1, $1 }'
}

# ours WORDS: how many lines with these words have no excuse, nor come soon after one.
ours() {
	excuses >"$TMP/excuses"
	grep -F "$1" "$ROLLED" | awk -v after=$AFTER '
		BEGIN { while ((getline line <ARGV[1]) > 0) { n++; split(line, f); from[n] = f[1]; to[n] = f[2] + after } ARGV[1] = "" }
		{ found = 0; for (i = 1; i <= n && !found; i++) found = $2 >= from[i] && $2 <= to[i]; ours += !found }
		END { print ours + 0 }' "$TMP/excuses" -
}

# judge_roll INTERVAL CLAIMS: nobody lost a lease, and at most so many claims were made.
judge_roll() {
	ROLLED=$TMP/rolled.$1
	say "to $1: $(grep -cF ': owner -> ' "$ROLLED") leases ran out, $(ours ': owner -> ') without an excuse," \
		"$(grep -cF 'standby -> candidate' "$ROLLED") claims; longest stall of the machine $(json .worst_ms "$TMP/stalls.json") ms"
	cat "$TMP/excuses" >>"$TMP/excused"
	expect_eq "leases that ran out, to $1" 0 "$(ours ': owner -> ')"
	expect_le "claims, to $1" "$2" "$(ours 'standby -> candidate')"
	expect_eq "jobs refused, to $1" "" "$(grep -E '256 (jobs wait|are waiting)' "$ROLLED" | head -n 1)"
}

# No role changes: a shorter lease is adopted; a longer one is claimed, once, by the host that had it.
there_and_back() {
	local before host
	rolling_up
	before=$(owners)
	rolled "$SHORT" roll_down
	rolled "$LONG" roll_up
	busywait 10000 settled || fail "no owner of each group: $(owners)"
	ask_end_judged
	kill -TERM $STALLS
	wait $STALLS
	for host in $(hosts); do
		kill -0 "$(pid_of "$host")" || fail "the daemon of $host is gone"
		expect_eq "processes of $host" 3 "$(grep -c 'first heartbeat' "$TMP/$host.log")"
	done
	judge_roll "$SHORT" 0
	judge_roll "$LONG" "$NGROUPS"
	# Who has lost a lease has the better right to it, but may be the one that sleeps on.
	[ -s "$TMP/excused" ] || expect_eq "owners" "$before" "$(owners)"
}

test_three_members() {
	MEMBERS=3 NGROUPS=8
	there_and_back
}

# slow: test_eight_members
test_eight_members() {
	MEMBERS=8 NGROUPS=48
	there_and_back
}
