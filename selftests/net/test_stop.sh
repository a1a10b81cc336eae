# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The promise of the whole thing: the owner's daemon is stopped, killed or unplugged under 10,000 ARP
# requests a second, and no request ever gets two answers, nor one from the old host after the new one.
# alone: gaps of milliseconds are measured under load.

ROUNDS=${ROUNDS:-6}

fast_pair() {
	INTERVAL=10ms MISSES=5 SETTLE=2ms REALTIME=true
	lan_up
	conf_write h1
	conf_write h2
	daemon_start h1
	daemon_start h2
	wait_pair
}

# What the client saw in one round, judged: never two answers, never the old one after the new one.
judge() {
	local file=$1 at=$2 what=$3 gap
	[[ $(json '[.answered_more, (.runs | length)] | join(" ")' "$file") == "0 2" ]] ||
		say "$what: $(tr -d '\n' <"$file")"
	expect_eq "$what: requests answered more than once" 0 "$(json .answered_more "$file")"
	expect_eq "$what: hosts that answered" 2 "$(json '.answers_by_mac | length' "$file")"
	expect_eq "$what: order of the hosts" "$OLD $NEW" "$(json '[.runs[].mac] | join(" ")' "$file")"
	gap=$(json ".answers_by_mac | (map(select(.mac == \"$NEW\"))[0].first_ns - map(select(.mac == \"$OLD\"))[0].last_ns)" "$file")
	echo "$gap $(json ".answers_by_mac | map(select(.mac == \"$NEW\"))[0].first_ns - $at" "$file")" \
		"$(json .own_worst_late_ns "$file")" >>"$TMP/gaps"
}

# round ACTION UNDO: breaks the owner under load, waits for the other, undoes it, waits for the pair.
round() {
	local at load
	OLD=$(mac_of "$OWNER") NEW=$(mac_of "$STANDBY")
	on_exec c "$TOOLS/arpload" -i eth0 -r 10000 -d 90000 $VIP >"$TMP/load.json" &
	load=$!
	wait_hears $load
	sleep 0.1
	at=$($1)
	wait_owner "$STANDBY"
	$2
	wait_standby "$OWNER"
	sleep 0.1
	kill -TERM "$load"
	wait "$load"
	judge "$TMP/load.json" "$at" "round $3"
	wait_pair
}

figures() {
	say "$1, $ROUNDS rounds, ms: without any answer; from the event to the new owner's first answer;" \
		"worst stall of the measuring client"
	awk '{ printf "#   %8.2f %8.2f %8.2f\n", $1 / 1e6, $2 / 1e6, $3 / 1e6 }' "$TMP/gaps"
	say "median without any answer: $(median 1) ms; event to first answer: $(median 2) ms"
}

median() {
	awk -v c="$1" '{ print $c }' "$TMP/gaps" | sort -n |
		awk '{ v[NR] = $1 } END { printf "%.2f", v[int((NR + 1) / 2)] / 1e6 }'
}

stop_owner() {
	stamp STOP "$OWNER"
}

wake_owner() {
	stamp CONT "$OWNER" >/dev/null
}

# Stopped, and deaf to the new owner's heartbeats: XDP cannot close the gate, only the lease's end can. One fault: nft has
# started already, and waits for its rule.
deafen_and_stop_owner() {
	local deafener
	rm -f "$TMP/rule" && mkfifo "$TMP/rule"
	on_exec sw chrt -f 40 nft -f "$TMP/rule" &
	deafener=$!
	exec 9>"$TMP/rule"
	stamp STOP "$OWNER"
	echo "add rule bridge cuts forward iifname $STANDBY oifname $OWNER drop" >&9
	exec 9>&-
	wait $deafener || fail "nft cannot deafen $OWNER"
}

hear_and_wake_owner() {
	on sw nft flush chain bridge cuts forward
	wake_owner
}

kill_owner() {
	stamp KILL "$OWNER"
}

start_owner() {
	wait "$(pid_of "$OWNER")" 2>/dev/null
	daemon_start "$OWNER"
}

unplug_owner() {
	unplug "$OWNER"
	"$TOOLS/sig" 0 0
}

plug_owner() {
	plug_back "$OWNER"
}

test_stopped_owner() {
	local i
	fast_pair
	for i in $(seq "$ROUNDS"); do
		round stop_owner wake_owner "$i"
	done
	figures stopped
}

test_stopped_owner_that_hears_nothing() {
	local i
	fast_pair
	on sw nft add table bridge cuts
	on sw nft 'add chain bridge cuts forward { type filter hook forward priority 0; }'
	for i in $(seq "$ROUNDS"); do
		round deafen_and_stop_owner hear_and_wake_owner "$i"
	done
	figures "stopped and deaf"
}

test_killed_owner() {
	local i
	fast_pair
	for i in $(seq "$ROUNDS"); do
		round kill_owner start_owner "$i"
	done
	figures killed
}

test_unplugged_owner() {
	# A link that fails again and again is held down, longer each time.
	local i ROUNDS=$((ROUNDS < 6 ? ROUNDS : 6))
	fast_pair
	for i in $(seq "$ROUNDS"); do
		round unplug_owner plug_owner "$i"
	done
	figures unplugged
}
